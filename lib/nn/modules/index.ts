export {
  CELU,
  ELU,
  GELU,
  GLU,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  MultiheadAttention,
  PReLU,
  ReLU,
  ReLU6,
  RReLU,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softmax2d,
  Softmin,
  Softplus,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
  Threshold,
} from './activation.js'
export { AdaptiveLogSoftmaxWithLoss } from './adaptive.js'
export { BatchNorm1d, BatchNorm2d, BatchNorm3d } from './batchnorm.js'
export { Bilinear } from './bilinear.js'
export { ChannelShuffle } from './channelshuffle.js'
export { Container, ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential } from './container.js'
export {
  Conv1d,
  Conv2d,
  Conv3d,
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type PaddingMode,
} from './conv.js'
export { CosineSimilarity, PairwiseDistance } from './distance.js'
export { AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout } from './dropout.js'
export { Flatten, Unflatten } from './flatten.js'
export { Fold, Unfold } from './fold.js'
export { InstanceNorm1d, InstanceNorm2d, InstanceNorm3d } from './instancenorm.js'
export * from './lazy_conv.js'
export * from './lazy_norm.js'
export { Identity, Linear } from './linear.js'
export { LinearCrossEntropyLoss } from './linear_cross_entropy.js'
export { LinearCrossEntropyOptions } from './linear_cross_entropy_options.js'
export * from './loss.js'
export { Module } from './module.js'
export {
  type BackwardHook,
  type BackwardPreHook,
  type ForwardHook,
  type ForwardPreHook,
  type Gradients,
  register_module_backward_hook,
  register_module_buffer_registration_hook,
  register_module_forward_hook,
  register_module_forward_pre_hook,
  register_module_full_backward_hook,
  register_module_full_backward_pre_hook,
  register_module_module_registration_hook,
  register_module_parameter_registration_hook,
} from './module_hooks.js'
export { CrossMapLRN2d, GroupNorm, LayerNorm, LocalResponseNorm, RMSNorm } from './normalization.js'
export {
  CircularPad1d,
  CircularPad2d,
  CircularPad3d,
  ConstantPad1d,
  ConstantPad2d,
  ConstantPad3d,
  ReflectionPad1d,
  ReflectionPad2d,
  ReflectionPad3d,
  ReplicationPad1d,
  ReplicationPad2d,
  ReplicationPad3d,
  ZeroPad1d,
  ZeroPad2d,
  ZeroPad3d,
} from './padding.js'
export { PixelShuffle, PixelUnshuffle } from './pixelshuffle.js'
export * from './pooling.js'
export { GRU, GRUCell, LSTM, LSTMCell, RNN, RNNBase, RNNCell, RNNCellBase } from './rnn.js'
export { Embedding, EmbeddingBag } from './sparse.js'
export type { IncompatibleKeys, StateDict, StateDictLike } from './state_dict.js'
export { SyncBatchNorm } from './sync_batchnorm.js'
export {
  Transformer,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
} from './transformer.js'
export { Upsample, UpsamplingBilinear2d, UpsamplingNearest2d } from './upsampling.js'
