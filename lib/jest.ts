import { own_value } from './own.js'
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

const expect = own_value(globalThis as { expect?: ExpectLike }, 'expect')
// With Jest's `injectGlobals: false` the set-up calls install(expect) itself.
if (typeof expect?.addEqualityTesters === 'function') install(expect)
