import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { is_error } from './realm.js'

/** A tensor as the addon knows it: a small positive integer; 0 for none, negative once it was disposed of. */
export type Handle = number

/** An operator prepared for calls: arguments by position, tensors as handles, raw results. */
export type NativeOperator = (...values: unknown[]) => unknown

export interface NativeParameter {
  name: string
  kind: string
  type: string
  nullable: boolean
  list_size: number
  written: boolean
  keyword_only: boolean
  required: boolean
  default_value: unknown
}

export interface NativeSchema {
  parameters: NativeParameter[]
  /** `parameter` is the place of the argument that the result is (in-place, out=), or -1. */
  results: { name: string; kind: string; parameter: number }[]
  text: string
  random: boolean
}

export interface MemoryStats {
  alive_bytes: number
  peak_bytes: number
  cached_bytes: number
  tensors: number
  tracked: number
  minor_collections: number
  major_collections: number
  freed: number
}

export interface ConvOptions {
  dims: number
  transposed?: boolean
  stride: number[]
  padding: number[] | 'same' | 'valid'
  dilation: number[]
  groups: number
  padding_mode: string
  reversed_padding: number[]
}

type UnaryMath =
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'log2'
  | 'log10'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'sqrt'
  | 'erf'
  | 'erfc'
  | 'lgamma'
  | 'gamma'
type BinaryMath = 'atan2' | 'pow' | 'fmod' | 'hypot'

declare const mode_number: unique symbol
/** How operators record on a thread: a number of {@link Constants.mode}. */
export type Mode = number & { readonly [mode_number]: true }

type Named<Names extends string, T = number> = Readonly<Record<Names, T>>

/** Numbers that the addon and lib/ share; native/shared_numbers.h has them. */
export interface Constants {
  /** What `fact` is asked. */
  fact: Named<'requires_grad' | 'is_leaf' | 'is_quantized' | 'retains_grad' | 'is_nested' | 'shares_storage'>
  mode: Named<'grad' | 'no_grad' | 'inference' | 'grad_in_inference', Mode>
  /** Bits of `adam_step`'s flags. */
  adam: Named<
    'amsgrad' | 'maximize' | 'capturable' | 'decoupled_weight_decay' | 'foreach' | 'fused' | 'differentiable'
  >
  /** How `objects_reaching` looks. */
  reach: Named<'of_tensor' | 'of_gradient' | 'of_change'>
  /** What `graph_node` is asked, beside the number of a next edge. */
  node_of: Named<'tensor' | 'gradient'>
  reduction: Named<'none' | 'mean' | 'sum'>
  /** LibTorch's own, by their numbers, with which a test compares what lib/ knows. */
  dtypes: readonly [name: string, itemsize: number, is_floating_point: boolean, is_complex: boolean][]
  layouts: readonly string[]
  memory_formats: readonly string[]
  qschemes: readonly string[]
  /** The kinds of arguments that schemas have. */
  kinds: readonly string[]
}

/** A hook as the addon calls it; held there weakly. */
export type RawHook = (gradient: Handle | Handle[]) => Handle | Handle[] | null

/** What a saved tensor was packed into: a tensor, which the addon keeps, or 0; and how it is unpacked. */
export interface SavedRecord {
  tensor: Handle
  unpack: (tensor: Handle) => Handle
}

/** An operator's kernel as the addon calls it: all of the schema's arguments in, the result or a list of results out. */
export type RawKernel = (values: unknown[]) => unknown

/** Memory that both sides read and write. */
export interface SharedMemory {
  /** [0] is set when a collection is due; the rest are the handles of several results. */
  flags: Int32Array
  /** Lists of integers and handles on their way into a call: each as its length and then its numbers. */
  lists: Float64Array
}

/** The innermost open level: what it is, its number, and what it was opened with. */
export type LevelFacts = [
  kind: 'vmap' | 'grad' | 'jvp',
  level: number,
  batch_size: number,
  randomness: 'error' | 'different' | 'same',
  mode_before: boolean,
]

/** A call of an autograd.Function whose forward has run. */
export interface FunctionCall {
  name: string
  /** Backward: the results' gradients in, those of the tensors among the arguments out. */
  hook: RawHook
  inputs: Handle[]
  /** 0 for what is no tensor. */
  outputs: Handle[]
  dirty: Handle[]
  non_differentiable: Handle[]
  to_save: Handle[]
  materialize: boolean
  /** Whether gradients are recorded. */
  executable: boolean
  separate_context: boolean
  /** Forward mode, the same way round as `hook`, or null. */
  jvp: RawHook | null
}

/** Told of a call on the thread of ours that is through; an error from JavaScript is passed on as it is. */
export type Settle = (failed: boolean, error: unknown, from_javascript: boolean, result: unknown) => void

/** What the addon exports: native/addon.cpp's list, compared with this by a test. */
/** A stream of work: its id, its device's index, the number of its device's type, its device. */
export type RawStream = readonly [id: bigint, device_index: number, device_type: number, device: string]

declare const raw_event: unique symbol
/** LibTorch's event, behind a pointer that the addon has tagged. */
export interface RawEvent {
  readonly [raw_event]: true
}

export interface Native {
  start(functions: {
    make_error: (kind: string, message: string, operator: string, handle: Handle) => Error
    run_hook: (
      hook: RawHook,
      gradient: Handle | Handle[],
      mode: Mode,
      call: number,
    ) => Handle | Handle[] | null
    collect_all: () => void
    call_stack: () => string
    emit_warning: (message: string) => void
    /** The lease that the asynchronous context works for, by its number; 0 for none. */
    current_lease: () => number
  }): SharedMemory

  /** Numbers that stand for words, which are written down in the addon alone. */
  readonly constants: Constants
  /**
   * For tests: the allocation after so many others is refused its memory, for good with `on_device`; -1 for none. How
   * many allocations there were since the last call.
   */
  fail_allocations(after: number, on_device: boolean): number

  bind(name: string, overload: string, numbers?: number[]): NativeOperator
  schema(name: string, overload: string): NativeSchema
  alias_sets(name: string, overload: string): [parameters: string[][], results: string[][]]
  is_data_dependent(name: string, overload: string): boolean
  has_kernel(name: string, overload: string, dispatch_key: string): boolean
  operator_names(): string[]

  dtype(x: Handle): number
  device(x: Handle): string
  layout(x: Handle): number
  shape(x: Handle): number[]
  stride(x: Handle): number[]
  ndim(x: Handle): number
  numel(x: Handle): number
  storage_offset(x: Handle): number
  data_ptr(x: Handle): number
  storage(x: Handle): [address: number, bytes: number]
  identity(x: Handle): number
  fact(x: Handle, which: number): boolean
  set_requires_grad(x: Handle, wanted: boolean): void
  grad(x: Handle, cached: Handle): Handle
  set_grad(x: Handle, gradient: Handle): void
  grad_dtype(x: Handle): number | null
  set_grad_dtype(x: Handle, code: number | null): void
  zero_grads(tensors: Handle[], set_to_none: boolean): void
  item(x: Handle): number | bigint | boolean | { re: number; im: number }
  alias(x: Handle): Handle
  shallow_copy(x: Handle): Handle
  set_data(x: Handle, data: Handle): void
  grad_fn_name(x: Handle): string | null
  output_number(x: Handle): number
  version(x: Handle): number

  from_bytes(bytes: ArrayBufferLike | ArrayBufferView, dtype: number, shape: readonly number[]): Handle
  /** A tensor over the memory of a typed array, whose buffer has so many bytes. */
  over_bytes(view: ArrayBufferView, buffer_bytes: number, dtype: number, shape: readonly number[]): Handle
  to_bytes(x: Handle): ArrayBuffer
  open_channel(): number
  close_channel(channel: number): void
  share_tensor(x: Handle, channel: number, whole: boolean): number
  adopt_tensor(channel: number, parcel: number): Handle
  put_message(channel: number, bytes: Uint8Array, most: number): boolean
  take_message(channel: number): ArrayBuffer | null
  message_count(channel: number): number
  parcels_waiting(): number
  share_memory(x: Handle): void
  is_shared(x: Handle): boolean

  /** An External with DLPack's tensor. */
  to_dlpack(x: Handle, device: readonly [number, number] | null, copy: boolean | null): object
  from_dlpack(capsule: unknown): Handle
  dlpack_device(x: Handle): [type: number, index: number]
  storage_buffer(x: Handle): ArrayBuffer

  backward(
    tensors: Handle[],
    gradients: Handle[],
    retain_graph: boolean | null,
    create_graph: boolean,
    inputs: Handle[],
  ): void
  gradients(
    outputs: Handle[],
    inputs: Handle[],
    gradients: Handle[],
    retain_graph: boolean | null,
    create_graph: boolean,
    allow_unused: boolean,
  ): Handle[]
  /** Calls on the thread of ours: each gives its number, which hooks are told, and calls `settle` when it is through. */
  backward_async(
    tensors: Handle[],
    gradients: Handle[],
    retain_graph: boolean | null,
    create_graph: boolean,
    inputs: Handle[],
    settle: Settle,
  ): number
  item_async(x: Handle, settle: Settle): number
  to_async(
    x: Handle,
    dtype: number | null,
    device: string | null,
    non_blocking: boolean,
    copy: boolean,
    memory_format: number | null,
    settle: Settle,
  ): number
  /** Whether a call had not begun, and now never will. */
  cancel_job(call: number): boolean
  /** Waits for the call under way, and forgets the others. */
  stop_background(): void
  /** Has a signal's arrival send bytes to a socket at once, also while an operator runs; false where Node doesn't catch it. */
  answer_signal(number: number, socket: number, bytes: Uint8Array): boolean
  /** Ends what `answer_signal` began. */
  leave_signal(number: number): void
  /** Takes an open file for its descriptor alone, until that is closed; 0, or the system's number for why not. */
  lock_file(file: number): number
  /** Has an open file's bytes reach the disk; 0, or the system's number for why not. */
  sync_file(file: number): number
  /**
   * Says that a call of ours reads and writes tensors until `end_use`; what would race with it is refused. Those of one
   * environment that are `in_turn` follow each other, and do not race.
   */
  begin_use(operation: string, read: Handle[], written: Handle[], in_turn: boolean, remedy: string): number
  /** Who uses one of the tensors beside the use `own`, and the end of an error that says so. */
  in_use_by(tensors: Handle[], written: boolean, own: number): [use: number, user: string] | null
  end_use(use: number): void
  /** This thread's operators draw from the generator of the one that began the use. */
  draw_for(use: number): void
  grad_enabled(): boolean
  inference_enabled(): boolean
  set_mode(mode: Mode): void
  register_hook(x: Handle, hook: RawHook): number
  remove_hook(x: Handle, place: number): void
  register_post_accumulate_hook(x: Handle, hook: RawHook): number
  remove_post_accumulate_hook(x: Handle, place: number): void
  retain_grad(x: Handle): void
  module_hook(inputs: Handle[], hook: RawHook): Handle[]
  /** For tests: backward runs on another thread, and this one serves what it asks for. */
  serve_backward(always: boolean): void
  finish_function(call: FunctionCall): [node: number, ...outputs: Handle[]]
  saved_of_function(node: number): Handle[]
  /** Objects of tensors, or places in `handles` where the addon has no object; `way` is one of {@link Constants.reach}. */
  objects_reaching(x: Handle, way: number, handles: Handle[]): (object | number)[]
  objects_with_recorded_gradient(handles: Handle[]): (object | number)[]
  hooks_reached(x: Handle, of_gradient: boolean): object[]
  graph_node(x: Handle, which: number): object | Handle | null
  remember_node(x: Handle, node: object): void
  next_edges(x: Handle): number[]
  node_sequence_number(x: Handle): number
  node_variable(x: Handle): Handle
  node_metadata(x: Handle, fresh: object): object
  edge_tensor(x: Handle, output: number): Handle
  register_node_hook(x: Handle, hook: RawHook, name: string, before: boolean): number
  remove_node_hook(x: Handle, place: number, before: boolean): void
  will_execute(x: Handle): boolean
  increment_version(tensors: Handle[]): void
  set_saved_tensor_hooks(pack?: (handle: Handle) => SavedRecord): void
  settle_saves(results: readonly Handle[]): SavedRecord[]
  graph_task(): number
  is_checkpoint_valid(): boolean
  push_level(kind: 'vmap' | 'grad' | 'jvp', batch_size?: number, randomness?: string): number
  pop_level(): void
  level_depth(): number
  current_level(): LevelFacts
  suspend_level(): void
  resume_level(): void
  lift(x: Handle): Handle
  unwrap_if_dead(x: Handle): Handle
  unwrap_batched(x: Handle, level: number): [x: Handle, dim: number]
  add_batch_dim(x: Handle, dim: number, level: number): Handle
  remove_batch_dim(x: Handle, level: number, batch_size: number, out_dim: number): Handle
  is_batched(x: Handle): boolean
  functorch_wrapper(x: Handle): [kind: 'batched' | 'grad', level: number, dim: number, inner: Handle] | null
  exclude_functorch(excluded: boolean): boolean
  wrap_for_grad(x: Handle, level: number): Handle
  unwrap_for_grad(x: Handle, level: number): Handle
  enter_legacy_vmap(): number
  exit_legacy_vmap(): number
  enter_dual_level(): number
  exit_dual_level(level: number): void
  set_forward_mode(enabled: boolean): boolean

  /** One of LibTorch's switches; native/context.cpp has their names. */
  context_get(name: string): boolean
  context_set(name: string, on: boolean): void
  set_flush_denormal(on: boolean): boolean
  matmul_precision(wanted?: string): string
  default_dtype(): number
  set_default_dtype(code: number): void
  /** This thread's autocast of a type of device, after setting what is given. */
  autocast(device_type: string, enabled?: boolean, dtype?: number): [enabled: boolean, dtype: number]
  has_autocast(device_type: string): boolean
  clear_autocast_cache(): void

  manual_seed(seed: number | bigint): void
  make_generator(device: string): number
  default_generator(device: string): number
  free_generator(generator: number): void
  generator_manual_seed(generator: number, seed: number | bigint): void
  generator_seed(generator: number): bigint
  generator_initial_seed(generator: number): bigint
  generator_device(generator: number): string
  generator_get_state(generator: number): Handle
  /** Has one CPU generator go on where another is. */
  generator_copy(from: number, to: number): void
  generator_set_state(generator: number, state: Handle): void

  set_num_threads(threads: number): void
  get_num_threads(): number
  set_num_interop_threads(threads: number): void
  get_num_interop_threads(): number
  cpu_capability(): string
  libtorch_version(): string
  open_library(path: string): void
  has_cuda(): boolean
  cuda_device_count(): number
  cuda_init(): void
  accelerator_index(): number
  set_accelerator_index(index: number): void
  accelerator_synchronize(index?: number): void
  accelerator_empty_cache(): void
  accelerator_memory(
    index?: number,
  ): [allocated: number, most_allocated: number, reserved: number, most_reserved: number]
  accelerator_reset_peak(index?: number): void
  cuda_attribute(attribute: number, index?: number): number
  cuda_device_name(index?: number): string
  cuda_memory_info(index?: number): [free: number, total: number]
  cuda_peer_access(index: number, peer: number): boolean
  stream_new(device: string | undefined, priority: number): RawStream
  stream_current(device: string | undefined, wants_default: boolean): RawStream
  stream_set(stream: RawStream): void
  stream_query(stream: RawStream): boolean
  stream_synchronize(stream: RawStream): void
  event_new(device: string | undefined, enable_timing: boolean): RawEvent
  event_record(event: RawEvent, stream: RawStream): void
  event_wait(event: RawEvent, stream: RawStream): void
  event_query(event: RawEvent): boolean
  event_synchronize(event: RawEvent): void
  event_elapsed(first: RawEvent, last: RawEvent): number
  event_facts(event: RawEvent): [device: string, device_index: number, flag: number, id: bigint]

  track(...handles_and_objects: unknown[]): void
  begin_collection(): void
  worth_resting(): boolean
  sweep(all: boolean): boolean
  dispose(x: Handle): void
  set_memory_budget(bytes: number, tensors: number): void
  empty_cache(): void
  memory_stats(): MemoryStats
  /** The handles of all tensors that JavaScript holds. */
  alive_handles(): Int32Array

  math: Record<UnaryMath, (x: number) => number> & Record<BinaryMath, (x: number, y: number) => number>

  make_conv(options: ConvOptions): (input: Handle, weight: Handle, bias: Handle) => Handle
  make_linear(): (input: Handle, weight: Handle, bias: Handle) => Handle
  make_mse_loss(reduction: number): (input: Handle, target: Handle) => Handle

  /**
   * One step of Adam for all parameters of a group. `tensors` holds five handles a parameter: itself, exp_avg,
   * exp_avg_sq, max_exp_avg_sq (or 0), step; `numbers` lr, beta1, beta2, eps, weight_decay and the sum of {@link Constants.adam};
   * `extra` the handles of lr, beta1, beta2, grad_scale, found_inf where they are tensors.
   */
  adam_step(tensors: Int32Array, numbers: Float64Array, extra: Int32Array): void

  /**
   * One step of an optimizer for all parameters of a group that have gradients. `tensors` holds the handles of each
   * parameter and of its state (0 where there is none yet), `numbers` the options, both in the order of
   * native/optim/adadelta.cpp and so on. False, and nothing is changed, where a gradient is sparse, complex or has no
   * state yet.
   */
  adadelta_step(tensors: Int32Array, numbers: Float64Array): boolean
  adagrad_step(tensors: Int32Array, numbers: Float64Array): boolean
  adamax_step(tensors: Int32Array, numbers: Float64Array): boolean
  asgd_step(tensors: Int32Array, numbers: Float64Array): boolean
  nadam_step(tensors: Int32Array, numbers: Float64Array): boolean
  radam_step(tensors: Int32Array, numbers: Float64Array): boolean
  rmsprop_step(tensors: Int32Array, numbers: Float64Array): boolean
  rprop_step(tensors: Int32Array, numbers: Float64Array): boolean
  sgd_step(tensors: Int32Array, numbers: Float64Array): boolean

  open_registration(namespace: string, kind: string, dispatch_key: string): number
  define_operator(library: number, schema: string, alias_analysis: string): string
  /** `null` falls through to the next key. */
  implement_operator(library: number, name: string, dispatch_key: string, kernel: RawKernel | null): void
  close_registration(library: number): void
  below_autograd<T>(callback: () => T): T
  without_autograd_fallback<T>(callback: () => T): T
  below_batched<T>(callback: () => T): T
  bump_version(x: Handle): void

  /** `take` is told how many bytes of the file `buffer` holds. The system's number and a record's name where it refused. */
  write_archive(
    file: number,
    records: readonly (string | Uint8Array | Handle)[],
    buffer?: Uint8Array,
    take?: (length: number) => void,
  ): [errno: number, record: string] | null
  /** Fills a tensor of the CPU from a file: the bytes that were there, or the system's number, negative. */
  read_file(into: Handle, file: number, offset: number): number
  view_storage(
    x: Handle,
    dtype: number,
    offset: number,
    size: readonly number[],
    stride: readonly number[],
  ): Handle
}

const require = createRequire(import.meta.url)
const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** The binary that fits: one that was built here, else a prebuilt one of the same LibTorch minor. */
function addon_path(): string {
  const built = process.env['TYPETORCH_ADDON'] ?? join(root, 'build', 'Release', 'typetorch.node')
  if (existsSync(built)) return built
  let minor = '2.13'
  try {
    const found = JSON.parse(readFileSync(join(root, 'build', 'libtorch.json'), 'utf8')) as {
      version: string
    }
    minor = found.version.split('.').slice(0, 2).join('.')
  } catch {
    // No record: the supported one.
  }
  return join(
    root,
    'prebuilds',
    `${process.platform}-${process.arch}`,
    `typetorch.libtorch-${minor}.glibc.node`,
  )
}

function load(): Native {
  const path = addon_path()
  try {
    return require(path) as Native
  } catch (cause) {
    const reason = is_error(cause) ? cause.message.split('\n')[0] : String(cause)
    throw new Error(
      `typetorch's native addon cannot be loaded: ${reason}. Run npm run doctor to see what is missing, npm install to build it.`,
      { cause },
    )
  }
}

/** The addon. */
export const native: Native = load()
