import './tensor/install.js'
import './announce.js'

// What PyTorch calls `torch`. Names written by hand stand before the generated ones.

export { _check, _check_index, _check_type, _check_value } from './_check.js'
export { eig, lstsq, matrix_rank, solve, symeig } from './_linalg_utils.js'
export { type LobpcgOptions, lobpcg } from './_lobpcg.js'
export type { LOBPCG, Tracker as LobpcgTracker } from './_lobpcg_worker.js'
export { pca_lowrank, svd_lowrank } from './_lowrank.js'
export * as accelerator from './accelerator/index.js'
export {
  get_autocast_cpu_dtype,
  get_autocast_gpu_dtype,
  get_autocast_ipu_dtype,
  get_autocast_xla_dtype,
  is_autocast_cpu_enabled,
  is_autocast_ipu_enabled,
  is_autocast_xla_enabled,
  set_autocast_cpu_dtype,
  set_autocast_cpu_enabled,
  set_autocast_gpu_dtype,
  set_autocast_ipu_dtype,
  set_autocast_ipu_enabled,
  set_autocast_xla_dtype,
  set_autocast_xla_enabled,
} from './amp/deprecated.js'
export * as amp from './amp/index.js'
export { type AutocastArguments, type AutocastOptions, autocast, GradScaler } from './amp/index.js'
export {
  autocast_decrement_nesting,
  autocast_increment_nesting,
  clear_autocast_cache,
  get_autocast_dtype,
  is_autocast_cache_enabled,
  is_autocast_enabled,
  set_autocast_cache_enabled,
  set_autocast_dtype,
  set_autocast_enabled,
} from './amp/state.js'
export {
  enable_grad,
  inference_mode,
  is_grad_enabled,
  is_inference_mode_enabled,
  type ModeGuard,
  no_grad,
  set_grad_enabled,
} from './autograd/grad_mode.js'
export type { TensorHookHandle } from './autograd/hooks.js'
export * as autograd from './autograd/index.js'
export * as backends from './backends/index.js'
export { type Items, OrderedDict } from './collections.js'
export * as compiler from './compiler/index.js'
export { type CompileOptions, compile } from './compiler/index.js'
export { e, inf, nan, newaxis, pi } from './constants.js'
export { deepcopy, type Memo } from './copy.js'
export * as cpu from './cpu/index.js'
export * as cuda from './cuda/index.js'
export { get_default_device, set_default_device } from './default_device.js'
export { set_default_dtype, set_default_tensor_type } from './default_dtype.js'
export {
  are_deterministic_algorithms_enabled,
  get_deterministic_debug_mode,
  is_deterministic_algorithms_warn_only_enabled,
  set_deterministic_debug_mode,
  use_deterministic_algorithms,
} from './determinism.js'
export { Device, type DeviceLike, device } from './device.js'
export * as diffusion from './diffusion/index.js'
export * as distributions from './distributions/index.js'
export * from './dtype.js'
export { DType as dtype, uint1 as bit } from './dtype.js'
export {
  AcceleratorError,
  AssertionError,
  AttributeError,
  BufferError,
  IndexError,
  KeyError,
  LinAlgError,
  NotImplementedError,
  OutOfMemoryError,
  OverflowError,
  RuntimeError,
  ValueError,
} from './errors.js'
export * as func from './func/index.js'
export { vmap } from './func/index.js'
export {
  type AtLeast,
  atleast_1d,
  atleast_2d,
  atleast_3d,
  block_diag,
  broadcast_shapes,
  broadcast_tensors,
  type Contraction,
  cartesian_prod,
  cdist,
  chain_matmul,
  einsum,
  is_tensor,
  lu,
  meshgrid,
  type NormOptions,
  nonzero,
  norm,
  numel,
  type Subscript,
  sparse_bsc_tensor,
  sparse_bsr_tensor,
  sparse_coo_tensor,
  sparse_csc_tensor,
  sparse_csr_tensor,
  split,
  stft,
  tensordot,
  type UniqueConsecutiveOptions,
  type UniqueOptions,
  unique,
  unique_consecutive,
  unravel_index,
} from './functional.js'
export { default_generator, Generator } from './generator.js'
export { cond, while_loop } from './higher_order.js'
export * as jit from './jit/index.js'
export {
  channels_last,
  channels_last_3d,
  contiguous_format as legacy_contiguous_format,
  contiguous_format,
  jagged,
  Layout as layout,
  Layout,
  MemoryFormat as memory_format,
  MemoryFormat,
  per_channel_affine,
  per_channel_affine_float_qparams,
  per_channel_symmetric,
  per_tensor_affine,
  per_tensor_symmetric,
  preserve_format,
  QScheme as qscheme,
  QScheme,
  sparse_bsc,
  sparse_bsr,
  sparse_coo,
  sparse_csc,
  sparse_csr,
  strided,
} from './layout.js'
export * as library from './library.js'
export * as linalg from './linalg.js'
export * as masked from './masked/index.js'
export { empty_cache, memory_stats, set_memory_budget } from './memory.js'
export { type MemorySummaryOptions, memory_summary, trace_memory } from './memory_summary.js'
export * as multiprocessing from './multiprocessing/index.js'
export * as nested from './nested.js'
export * as nn from './nn/index.js'
export * as fft from './ops/generated/fft.js'
export type { Named } from './ops/generated/kinds.js'
export * as special from './ops/generated/special.js'
export * from './ops/generated/torch.js'
export { ops } from './ops/operator.js'
export * as optim from './optim/index.js'
export * as overrides from './overrides.js'
export * as random from './random.js'
export {
  get_rng_state,
  initial_seed,
  manual_seed,
  seed,
  set_rng_state,
  thread_safe_generator,
} from './random.js'
export * as safetensors from './safetensors/index.js'
export { Complex, complex_scalar, FloatScalar, float_scalar, type Scalar } from './scalar.js'
export { keep, scope } from './scope.js'
export * as serialization from './serialization.js'
export { type LoadOptions, load, type MapLocation, save } from './serialization.js'
export * as signal from './signal/index.js'
export { Size } from './size.js'
export * as sparse from './sparse.js'
export {
  BFloat16Storage,
  BoolStorage,
  ByteStorage,
  CharStorage,
  ComplexDoubleStorage,
  ComplexFloatStorage,
  DoubleStorage,
  FloatStorage,
  FloatStorage as Storage,
  HalfStorage,
  IntStorage,
  is_storage,
  LongStorage,
  ShortStorage,
  TypedStorage,
  UntypedStorage,
} from './storage.js'
export { Event, type EventOptions, Stream } from './stream.js'
export {
  get_float32_matmul_precision,
  has_lapack,
  has_mkl,
  has_mkldnn,
  has_openmp,
  has_spectral,
  is_anomaly_check_nan_enabled,
  is_anomaly_enabled,
  is_warn_always_enabled,
  type MatmulPrecision,
  set_anomaly_enabled,
  set_float32_matmul_precision,
  set_flush_denormal,
  set_warn_always,
} from './switches.js'
export { sym_float, sym_int, sym_ite, sym_max, sym_min, sym_not, sym_sqrt, sym_sum } from './sym.js'
export type { BackwardOptions } from './tensor/autograd.js'
export type { ToKeywords } from './tensor/conversions.js'
export {
  as_tensor,
  asarray,
  BFloat16Tensor,
  BoolTensor,
  ByteTensor,
  CharTensor,
  type CreateOptions,
  DoubleTensor,
  FloatTensor,
  full,
  HalfTensor,
  IntTensor,
  LongTensor,
  ShortTensor,
  type TensorData,
  tensor,
} from './tensor/create.js'
export type { NestedList, TypedArray } from './tensor/elements.js'
export { from_numpy, frombuffer } from './tensor/from_memory.js'
export type { IndexItem } from './tensor/indexing.js'
export {
  get_printoptions,
  type PrintOptions,
  type SetPrintOptions,
  set_printoptions,
} from './tensor/print_options.js'
export { Tensor } from './tensor.js'
export * as testing from './testing/index.js'
export {
  get_num_interop_threads,
  get_num_threads,
  set_num_interop_threads,
  set_num_threads,
} from './threads.js'
export {
  type Batches,
  type CheckpointEntry,
  type CheckpointEvent,
  type CheckpointOptions,
  CSVLogger,
  type EarlyStoppingOptions,
  EMA,
  type EMAOptions,
  type FitOptions,
  JSONLinesLogger,
  type LoggerOptions,
  load_checkpoint,
  type MetricsEvent,
  type Retention,
  type Schedule,
  type StepEnd,
  type StepResult,
  TensorBoardLogger,
  Trainer,
  type TrainerCallback,
  type TrainerOptions,
  type TrainerStateDict,
  type TrainingEnvironment,
  type TrainingStep,
} from './trainer/index.js'
export { FInfo, finfo, IInfo, iinfo } from './type_info.js'
export { get_device_module, typename } from './typename.js'
export { from_dlpack, to_dlpack } from './utils/dlpack.js'
export * as utils from './utils/index.js'
export { __version__, version } from './version.js'
export * as vision from './vision/index.js'
