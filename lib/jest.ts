import { type ExpectLike, install } from './testing/expect.js'

// A set-up file for Jest: `setupFilesAfterEnv: ['typetorch/jest']`.

export {
  type EqualityTester,
  type ExpectLike,
  install,
  type SnapshotSerializer,
  type TensorEqualityOptions,
  type TesterContext,
  tensor_equality,
  tensor_serializer,
} from './testing/expect.js'

const world = globalThis as { expect?: ExpectLike }
const expect = Object.hasOwn(world, 'expect') ? world.expect : undefined
// With Jest's `injectGlobals: false` the set-up calls install(expect) itself.
if (typeof expect?.addEqualityTesters === 'function') install(expect)
