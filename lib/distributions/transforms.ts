// What PyTorch calls torch.distributions.transforms.

export { ComposeTransform, IndependentTransform, identity_transform } from './transforms/compose.js'
export { CumulativeDistributionTransform } from './transforms/cumulative.js'
export {
  AbsTransform,
  AffineTransform,
  ExpTransform,
  PowerTransform,
  SigmoidTransform,
  SoftplusTransform,
  TanhTransform,
} from './transforms/elementwise.js'
export {
  CorrCholeskyTransform,
  LowerCholeskyTransform,
  PositiveDefiniteTransform,
} from './transforms/matrix.js'
export { ReshapeTransform } from './transforms/reshape.js'
export { CatTransform, StackTransform } from './transforms/sequence.js'
export { SoftmaxTransform, StickBreakingTransform } from './transforms/simplex.js'
export { type Sign, Transform } from './transforms/transform.js'
