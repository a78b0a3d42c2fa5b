export {
  avg_pool2d,
  avg_pool3d,
  elu_,
  gelu,
  hardtanh_,
  leaky_relu_,
  linear,
  log_sigmoid as logsigmoid,
  one_hot,
  softplus,
  softshrink,
} from '../ops/generated/nn.js'
export {
  adaptive_avg_pool1d,
  avg_pool1d,
  bilinear,
  celu_,
  channel_shuffle,
  conv_tbc,
  conv_transpose1d,
  conv_transpose2d,
  conv_transpose3d,
  conv1d,
  conv2d,
  conv3d,
  cosine_similarity,
  hardshrink,
  native_channel_shuffle,
  pairwise_distance,
  pdist,
  pixel_shuffle,
  pixel_unshuffle,
  prelu,
  relu_,
  rrelu_,
  selu_,
  threshold_,
} from '../ops/generated/torch.js'
export { has_torch_function, has_torch_function_unary, has_torch_function_variadic } from '../overrides.js'
export {
  celu,
  elu,
  glu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leaky_relu,
  log_softmax,
  mish,
  relu,
  relu6,
  rrelu,
  selu,
  sigmoid,
  silu,
  softmax,
  softmin,
  softsign,
  tanh,
  tanhshrink,
  threshold,
} from './functional/activation.js'
export { multi_head_attention_forward } from './functional/attention.js'
export {
  binary_cross_entropy,
  binary_cross_entropy_with_logits,
  cross_entropy,
  ctc_loss,
  gaussian_nll_loss,
  kl_div,
  nll_loss,
  poisson_nll_loss,
} from './functional/classification_loss.js'
export * from './functional/dropout.js'
export * from './functional/embedding.js'
export * from './functional/fractional_pooling.js'
export * from './functional/grouped_mm.js'
export * from './functional/interpolate.js'
export * from './functional/linear_cross_entropy.js'
export { l1_loss, mse_loss } from './functional/loss.js'
export * from './functional/margin_loss.js'
export * from './functional/normalization.js'
export * from './functional/padding.js'
export * from './functional/pooling.js'
export * from './functional/robust_loss.js'
export * from './functional/scaled_dot_product_attention.js'
export * from './functional/scaled_mm.js'
export * from './functional/scaling.js'
export * from './functional/unpooling.js'
export * from './functional/vision.js'
