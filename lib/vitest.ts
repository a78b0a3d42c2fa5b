import { expect } from 'vitest'
import { type ExpectLike, install } from './testing/expect.js'

// A set-up file for vitest: `setupFiles: ['typetorch/vitest']`.

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

install(expect as unknown as ExpectLike)
