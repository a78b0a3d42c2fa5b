// Every function of the addon that is given tensors or makes them: what it does with them, and how it is called. Tensors
// are bare handles, which no collection frees.
import { closeSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Handle, type Native, native } from '../../dist/native.js'

/** What a call does with a tensor: nothing that another call minds, or what the calls under way are looked through for. */
export type Way = 'facts' | 'read' | 'write' | 'gradient' | 'node' | 'graph' | 'step'

export interface Call {
  /** By the names in {@link Entry.ways}. */
  tensors: Record<string, Handle>
  /** The call, and what came of it, to be compared. */
  run(): unknown
}

export interface Entry {
  ways: Record<string, Way>
  make(): Call
  /** It allocates memory for elements of tensors. */
  allocates?: true
  /** Why it is not run again where a device's memory has run out, if it is not. */
  once?: string
}

const FLOAT = native.constants.dtypes.findIndex(([name]) => name === 'float32')
const BYTE = native.constants.dtypes.findIndex(([name]) => name === 'uint8')

export const tensor = (values: readonly number[], shape: readonly number[] = [values.length]): Handle =>
  native.from_bytes(Float32Array.from(values), FLOAT, shape)
export function leaf(values: readonly number[] = [1, 2]): Handle {
  const x = tensor(values)
  native.set_requires_grad(x, true)
  return x
}
export const elements = (x: Handle): number[] => Array.from(new Float32Array(native.to_bytes(x)))
export const operator = (name: string, overload: string) => native.bind(`aten::${name}`, overload)

const mul = operator('mul', 'Tensor') as (a: Handle, b: Handle) => Handle
const sum = operator('sum', '') as (x: Handle) => Handle
/** A tensor with a node of its own. */
const computed = (): Handle => mul(leaf(), leaf())
const gradient_of = (x: Handle) => elements(native.grad(x, 0))

function with_gradient(values = [1, 2], gradient = [0.5, 0.25]): Handle {
  const x = leaf(values)
  native.set_grad(x, tensor(gradient))
  return x
}

/** An entry of one tensor that is only looked at. */
const facts = (call: (x: Handle) => unknown, make = computed): Entry => of('facts', call, make)

function of(
  way: Way,
  call: (x: Handle) => unknown,
  make: () => Handle = computed,
  rest: Partial<Entry> = {},
): Entry {
  return {
    ways: { x: way },
    make() {
      const x = make()
      return { tensors: { x }, run: () => call(x) }
    },
    ...rest,
  }
}

const HALF_DONE = 'what has been written by then would be written twice'
const HALF_WALKED = 'the graph is half walked, and gradients are half added up'

const settle = () => {}

const hook = () => 0

/** A step of one parameter with the state's tensors; the numbers are the options. */
function step(name: keyof Native & `${string}_step`, numbers: number[], state: () => Handle[]): Entry {
  return {
    ways: { param: 'step', gradient: 'read', state: 'write' },
    allocates: true,
    once: HALF_DONE,
    make() {
      const param = leaf()
      const gradient = tensor([0.5, 0.25])
      native.set_grad(param, gradient)
      const states = state()
      return {
        tensors: { param, gradient, state: states.at(-1)! },
        run() {
          const call = native[name] as (handles: Int32Array, numbers: Float64Array) => boolean
          const done = call(Int32Array.of(param, ...states), Float64Array.from(numbers))
          return [done, ...[param, ...states].map(elements)]
        },
      }
    },
  }
}

const zeros = () => tensor([0, 0])
const count = () => tensor([3], [])

/** Adam's, with its flags. */
const adam_step: Entry = {
  ways: { param: 'step', gradient: 'read', exp_avg: 'write', step: 'write', lr: 'read' },
  allocates: true,
  once: HALF_DONE,
  make() {
    const param = with_gradient()
    const gradient = native.grad(param, 0)
    const [exp_avg, exp_avg_sq, steps, lr] = [zeros(), zeros(), count(), tensor([0.5], [])]
    return {
      tensors: { param, gradient, exp_avg, step: steps, lr },
      run() {
        native.adam_step(
          Int32Array.of(param, exp_avg, exp_avg_sq, 0, steps),
          Float64Array.of(0.1, 0.9, 0.99, 1e-8, 0.1, 0),
          Int32Array.of(lr, 0, 0, 0, 0),
        )
        return [param, exp_avg, exp_avg_sq, steps].map(elements)
      },
    }
  },
}

/** A forward of native/nn. */
function forward(make_call: () => (...handles: Handle[]) => Handle, shapes: Record<string, number[]>): Entry {
  return {
    ways: Object.fromEntries(Object.keys(shapes).map((name) => [name, 'read'])),
    allocates: true,
    make() {
      const names = Object.keys(shapes)
      const handles = names.map((name, place) => {
        const length = shapes[name]!.reduce((a, b) => a * b, 1)
        return tensor(
          Array.from({ length }, (_, i) => i + place),
          shapes[name]!,
        )
      })
      const call = make_call()
      return {
        tensors: Object.fromEntries(names.map((name, i) => [name, handles[i]!])),
        run: () => elements(call(...handles)),
      }
    },
  }
}

const conv = (padding_mode: string, padding: number[] | 'same') =>
  native.make_conv({
    dims: 1,
    stride: [1],
    padding,
    dilation: [1],
    groups: 1,
    padding_mode,
    reversed_padding: [1, 1],
  })

/** Runs inside a level of torch.func, which `at` is told the number of. */
function in_level(kind: 'grad' | 'vmap', run: (level: number) => unknown): unknown {
  const level = native.push_level(kind, 2, 'error')
  try {
    return run(level)
  } finally {
    native.pop_level()
  }
}

export const entries: Record<string, Entry> = {
  // What is known of a tensor.
  ...Object.fromEntries(
    (
      [
        'dtype',
        'device',
        'layout',
        'shape',
        'stride',
        'ndim',
        'numel',
        'storage_offset',
        'data_ptr',
        'storage',
        'identity',
        'grad_fn_name',
        'output_number',
        'version',
        'is_shared',
        'dlpack_device',
        'next_edges',
        'node_sequence_number',
        'is_batched',
        'functorch_wrapper',
      ] as const
    ).map((name) => [name, facts((x) => typeof native[name](x))]),
  ),
  grad_dtype: facts((x) => native.grad_dtype(x), leaf),
  fact: facts((x) => native.fact(x, native.constants.fact.is_leaf)),
  alias: facts((x) => native.shape(native.alias(x))),
  shallow_copy: facts((x) => native.shape(native.shallow_copy(x))),
  share_memory: facts((x) => native.share_memory(x)),
  share_tensor: facts((x) => {
    const channel = native.open_channel()
    const parcel = native.share_tensor(x, channel, false)
    const taken = native.shape(native.adopt_tensor(channel, parcel))
    native.close_channel(channel)
    return taken
  }),
  graph_node: facts((x) => typeof native.graph_node(x, native.constants.node_of.gradient), leaf),
  remember_node: facts((x) => native.remember_node(x, {})),
  node_variable: facts((x) => native.node_variable(x)),
  node_metadata: facts((x) => {
    try {
      return native.node_metadata(x, {})
    } catch (error) {
      return (error as Error).message
    }
  }),
  edge_tensor: { ...facts((x) => native.shape(native.edge_tensor(x, 0))), allocates: true },
  will_execute: facts((x) => {
    try {
      return native.will_execute(x)
    } catch (error) {
      return (error as Error).message
    }
  }),
  objects_reaching: facts((x) => native.objects_reaching(x, 0, []).length),
  settle_saves: facts((x) => native.settle_saves([x])),
  module_hook: facts((x) => native.module_hook([x], hook).map(native.shape)),
  dispose: facts((x) => native.dispose(native.alias(x))),
  track: facts((x) => native.track(native.alias(x), {})),
  view_storage: facts(
    (x) => native.shape(native.view_storage(x, FLOAT, 1, [1], [1])),
    () => tensor([1, 2]),
  ),
  lift: facts((x) => in_level('grad', () => typeof native.lift(x))),
  unwrap_if_dead: facts((x) => native.unwrap_if_dead(x)),
  unwrap_batched: facts((x) => native.unwrap_batched(x, 1)),
  add_batch_dim: facts((x) => in_level('vmap', (level) => typeof native.add_batch_dim(x, 0, level))),
  remove_batch_dim: facts((x) => native.shape(native.remove_batch_dim(x, 1, 2, 0))),
  wrap_for_grad: facts((x) => in_level('grad', (level) => typeof native.wrap_for_grad(x, level))),
  unwrap_for_grad: facts((x) => native.shape(native.unwrap_for_grad(x, 1))),

  // Elements that are read.
  item: of(
    'read',
    (x) => native.item(x),
    () => tensor([3], []),
  ),
  to_bytes: of('read', elements, () => operator('expand', '')(tensor([3], [1]), [2], false) as Handle, {
    allocates: true,
  }),
  storage_buffer: of(
    'read',
    (x) => native.storage_buffer(x).byteLength,
    () => tensor([1, 2]),
  ),
  to_dlpack: of(
    'read',
    (x) => elements(native.from_dlpack(native.to_dlpack(x, null, true))),
    () => tensor([1, 2]),
    { allocates: true },
  ),
  generator_set_state: of(
    'read',
    (x) => native.generator_set_state(native.make_generator('cpu'), x),
    () => native.generator_get_state(native.make_generator('cpu')),
  ),
  write_archive: of(
    'read',
    (x) => {
      const file = openSync(join(tmpdir(), `typetorch-entries-${process.pid}`), 'w')
      try {
        return native.write_archive(file, ['archive/data/0', x])
      } finally {
        closeSync(file)
      }
    },
    () => tensor([1, 2]),
  ),
  item_async: of(
    'read',
    (x) => typeof native.item_async(x, settle),
    () => tensor([3], []),
  ),
  to_async: of(
    'read',
    (x) => typeof native.to_async(x, null, null, false, false, null, settle),
    () => tensor([1, 2]),
  ),
  begin_use: {
    ways: { read: 'read', written: 'write' },
    make() {
      const [read, written] = [tensor([1]), tensor([2])]
      return {
        tensors: { read, written },
        run: () => native.end_use(native.begin_use('another()', [read], [written], false, '')),
      }
    },
  },
  in_use_by: facts(
    (x) => native.in_use_by([x], false, 0)?.length,
    () => tensor([1]),
  ),
  make_linear: forward(native.make_linear, { input: [2, 3], weight: [2, 3], bias: [2] }),
  make_conv: forward(() => conv('zeros', [1]), { input: [1, 2, 4], weight: [3, 2, 3], bias: [3] }),
  make_mse_loss: forward(() => native.make_mse_loss(native.constants.reduction.mean), {
    input: [3, 2],
    target: [3, 2],
  }),

  // What is written.
  set_data: {
    ways: { x: 'step', data: 'facts' },
    make() {
      const [x, data] = [tensor([1, 2]), tensor([3, 4])]
      return {
        tensors: { x, data },
        run() {
          native.set_data(x, data)
          return native.shape(x)
        },
      }
    },
  },
  increment_version: of(
    'write',
    (x) => native.increment_version([x]),
    () => tensor([1]),
  ),
  read_file: of(
    'write',
    (x) => {
      const file = openSync(fileURLToPath(import.meta.url), 'r')
      try {
        return native.read_file(x, file, 0)
      } finally {
        closeSync(file)
      }
    },
    () => tensor([1, 2]),
  ),
  bump_version: of(
    'write',
    (x) => native.bump_version(x),
    () => tensor([1]),
  ),
  finish_function: {
    ways: { input: 'facts', dirty: 'write' },
    make() {
      const [input, dirty] = [leaf(), tensor([1, 2])]
      return {
        tensors: { input, dirty },
        run: () =>
          native
            .finish_function({
              name: 'Mine',
              hook,
              inputs: [input, dirty],
              outputs: [dirty],
              dirty: [dirty],
              non_differentiable: [],
              to_save: [],
              materialize: true,
              executable: true,
              separate_context: false,
              jvp: null,
            })
            .slice(1),
      }
    },
  },

  // Gradients and hooks.
  set_requires_grad: of('gradient', (x) => native.set_requires_grad(x, true), leaf),
  grad: of('gradient', gradient_of, with_gradient),
  set_grad: {
    ways: { x: 'gradient', gradient: 'facts' },
    make() {
      const [x, gradient] = [leaf(), tensor([3, 4])]
      return {
        tensors: { x, gradient },
        run() {
          native.set_grad(x, gradient)
          return native.shape(native.grad(x, 0))
        },
      }
    },
  },
  set_grad_dtype: of('gradient', (x) => native.set_grad_dtype(x, null), leaf),
  zero_grads: {
    ways: { x: 'gradient', gradient: 'write' },
    make() {
      const x = with_gradient()
      return {
        tensors: { x, gradient: native.grad(x, 0) },
        run() {
          native.zero_grads([x], false)
          return gradient_of(x)
        },
      }
    },
  },
  register_hook: of('gradient', (x) => native.register_hook(x, hook), leaf),
  remove_hook: of(
    'gradient',
    (x) => native.remove_hook(x, 0),
    () => {
      const x = leaf()
      native.register_hook(x, hook)
      return x
    },
  ),
  register_post_accumulate_hook: of('gradient', (x) => native.register_post_accumulate_hook(x, hook), leaf),
  remove_post_accumulate_hook: of('gradient', (x) => native.remove_post_accumulate_hook(x, 0), leaf),
  retain_grad: of('gradient', (x) => native.retain_grad(x)),
  hooks_reached: of('gradient', (x) => native.hooks_reached(x, true), with_gradient),
  register_node_hook: of('node', (x) => native.register_node_hook(x, hook, 'name', true)),
  remove_node_hook: of('node', (x) => native.remove_node_hook(x, 0, true)),

  // Graphs.
  backward: {
    ways: { leaf: 'graph', root: 'node', gradient: 'read', input: 'graph' },
    allocates: true,
    once: HALF_WALKED,
    make() {
      const [a, b] = [leaf(), leaf([3, 4])]
      const root = mul(mul(a, b), a)
      const gradient = tensor([1, 10])
      return {
        tensors: { leaf: b, root, gradient, input: a },
        run() {
          native.backward([root], [gradient], null, false, [a])
          return gradient_of(a)
        },
      }
    },
  },
  gradients: {
    ways: { leaf: 'graph', root: 'node', gradient: 'read' },
    allocates: true,
    once: HALF_WALKED,
    make() {
      const [a, b] = [leaf(), leaf([3, 4])]
      const root = mul(mul(a, b), a)
      const gradient = tensor([1, 10])
      return {
        tensors: { leaf: b, root, gradient },
        run: () => native.gradients([root], [a, b], [gradient], null, false, false).map(elements),
      }
    },
  },
  backward_async: {
    ways: { leaf: 'graph', root: 'node', gradient: 'read' },
    make() {
      const a = leaf()
      const root = mul(a, a)
      const gradient = tensor([1, 10])
      return {
        tensors: { leaf: a, root, gradient },
        run: () => typeof native.backward_async([root], [gradient], null, false, [], settle),
      }
    },
  },
  objects_with_recorded_gradient: {
    ways: {},
    make: () => ({ tensors: {}, run: () => native.objects_with_recorded_gradient([]).length }),
  },
  saved_of_function: {
    ways: {},
    make() {
      const x = leaf()
      const [node, output] = native.finish_function({
        name: 'Mine',
        hook,
        inputs: [x],
        outputs: [tensor([1, 2])],
        dirty: [],
        non_differentiable: [],
        to_save: [x],
        materialize: true,
        executable: true,
        separate_context: false,
        jvp: null,
      })
      return { tensors: { output: output! }, run: () => native.saved_of_function(node).map(elements) }
    },
  },

  // What makes a tensor of nothing.
  from_bytes: {
    ways: {},
    allocates: true,
    once: 'it makes tensors on the CPU alone',
    make: () => ({ tensors: {}, run: () => elements(tensor([1, 2])) }),
  },
  over_bytes: {
    ways: {},
    make: () => ({
      tensors: {},
      run: () => elements(native.over_bytes(Float32Array.of(1, 2), 8, FLOAT, [2])),
    }),
  },
  from_dlpack: {
    ways: {},
    make() {
      const capsule = native.to_dlpack(tensor([1, 2]), null, null)
      return { tensors: {}, run: () => elements(native.from_dlpack(capsule)) }
    },
  },
  adopt_tensor: {
    ways: {},
    make() {
      const channel = native.open_channel()
      const parcel = native.share_tensor(tensor([1, 2]), channel, false)
      return { tensors: {}, run: () => elements(native.adopt_tensor(channel, parcel)) }
    },
  },
  generator_get_state: {
    ways: {},
    allocates: true,
    once: 'it makes tensors on the CPU alone',
    make() {
      const generator = native.make_generator('cpu')
      return { tensors: {}, run: () => native.numel(native.generator_get_state(generator)) }
    },
  },

  // Steps.
  adam_step,
  adadelta_step: step('adadelta_step', [0, 1, 0.9, 1e-6, 0.1], () => [count(), zeros(), zeros()]),
  adagrad_step: step('adagrad_step', [1, 0.1, 0.1, 0.1, 1e-10], () => [count(), zeros()]),
  adamax_step: step('adamax_step', [0, 0.1, 0.9, 0.99, 1e-8, 0.1], () => [count(), zeros(), zeros()]),
  asgd_step: step('asgd_step', [0, 0.1, 1e-4, 0.75, 1e6, 0.1], () => [
    count(),
    tensor([0.1], []),
    tensor([1], []),
    zeros(),
  ]),
  nadam_step: step('nadam_step', [0, 0.1, 0.9, 0.99, 1e-8, 0.1, 4e-3, 0], () => [
    count(),
    tensor([1], []),
    zeros(),
    zeros(),
  ]),
  radam_step: step('radam_step', [0, 0.1, 0.9, 0.99, 1e-8, 0.1, 0], () => [
    tensor([20], []),
    zeros(),
    zeros(),
  ]),
  rmsprop_step: step('rmsprop_step', [0, 0.1, 0.9, 1e-8, 0.1, 0.5, 1], () => [
    count(),
    zeros(),
    zeros(),
    zeros(),
  ]),
  rprop_step: step('rprop_step', [0, 0.5, 1.2, 1e-6, 50], () => [count(), zeros(), tensor([0.1, 0.1])]),
  sgd_step: step('sgd_step', [0, 0.1, 0.9, 0.1, 0.1, 1], () => [tensor([1, 1])]),
}

/** An operator's call, for the guards that all of them have in common. */
function called(
  name: string,
  overload: string,
  ways: Record<string, Way>,
  make: () => { tensors: Record<string, Handle>; args: unknown[]; look?: Handle },
  rest: Partial<Entry> = {},
): Entry {
  return {
    ways,
    make() {
      const { tensors, args, look } = make()
      return {
        tensors,
        run() {
          const result = operator(name, overload)(...args)
          return elements(look ?? (result as Handle))
        },
      }
    },
    ...rest,
  }
}

const norm_arguments = (is_training: boolean) => () => {
  const [input, mean, variance] = [tensor([1, 2, 3, 4], [2, 2]), zeros(), tensor([1, 1])]
  return {
    tensors: { input, mean, variance },
    args: [input, null, null, mean, variance, is_training, 0.1, 1e-5, false],
    look: mean,
  }
}

/** Operators of each kind that `bind` gives. */
export const operators: Record<string, Entry> = {
  'add.Tensor': called(
    'add',
    'Tensor',
    { self: 'read', other: 'read' },
    () => {
      const [self, other] = [tensor([1, 2]), tensor([3, 4])]
      return { tensors: { self, other }, args: [self, other, 1] }
    },
    { allocates: true },
  ),
  'add_.Tensor': called('add_', 'Tensor', { self: 'write', other: 'read' }, () => {
    const [self, other] = [tensor([1, 2]), tensor([3, 4])]
    return { tensors: { self, other }, args: [self, other, 1], look: self }
  }),
  'add.out': called(
    'add',
    'out',
    { self: 'read', out: 'write' },
    () => {
      const [self, other, out] = [tensor([1, 2]), tensor([3, 4]), tensor([])]
      return { tensors: { self, out }, args: [self, other, 1, out], look: out }
    },
    { allocates: true },
  ),
  'roll.out over its input': called(
    'roll',
    'out',
    { self: 'write' },
    () => {
      const self = tensor([1, 2, 3, 4])
      return { tensors: { self }, args: [self, [1], [0], self], look: self }
    },
    { allocates: true, once: HALF_DONE },
  ),
  cat: called(
    'cat',
    '',
    { first: 'read', second: 'read' },
    () => {
      const [first, second] = [tensor([1, 2]), tensor([3, 4])]
      return { tensors: { first, second }, args: [[first, second], 0] }
    },
    { allocates: true },
  ),
  index: called(
    'index',
    'Tensor',
    { self: 'read', index: 'read' },
    () => {
      const self = tensor([1, 2, 3])
      const index = native.from_bytes(BigInt64Array.of(2n, 0n), 4, [2])
      return { tensors: { self, index }, args: [self, [index]] }
    },
    { allocates: true },
  ),
  '_foreach_add_.Scalar': called('_foreach_add_', 'Scalar', { first: 'write', second: 'write' }, () => {
    const [first, second] = [tensor([1, 2]), tensor([3, 4])]
    return { tensors: { first, second }, args: [[first, second], 1], look: second }
  }),
  // Their schemas do not say that they write the running statistics.
  'batch_norm in training': called(
    'batch_norm',
    '',
    { input: 'read', mean: 'write', variance: 'write' },
    norm_arguments(true),
    { allocates: true, once: HALF_DONE },
  ),
  'batch_norm in evaluation': called(
    'batch_norm',
    '',
    { input: 'read', mean: 'read', variance: 'read' },
    norm_arguments(false),
    { allocates: true, once: 'its schema does not tell it from training' },
  ),
  batch_norm_update_stats: called(
    'batch_norm_update_stats',
    '',
    { input: 'read', mean: 'write', variance: 'write' },
    () => {
      const [input, mean, variance] = [tensor([1, 2, 3, 4], [2, 2]), zeros(), tensor([1, 1])]
      return { tensors: { input, mean, variance }, args: [input, mean, variance, 0.1], look: mean }
    },
    { allocates: true, once: HALF_DONE },
  ),
  'instance_norm with statistics': called(
    'instance_norm',
    '',
    { input: 'read', mean: 'write', variance: 'write' },
    () => {
      const [input, mean, variance] = [tensor([1, 2, 3, 4], [1, 2, 2]), zeros(), tensor([1, 1])]
      return {
        tensors: { input, mean, variance },
        args: [input, null, null, mean, variance, true, 0.1, 1e-5, false],
        look: mean,
      }
    },
    { allocates: true, once: HALF_DONE },
  ),
  randn: {
    ways: {},
    allocates: true,
    once: 'what a CPU generator has drawn is not drawn again',
    make: () => ({
      tensors: {},
      run() {
        native.manual_seed(7)
        return elements(operator('randn', '')([4]) as Handle)
      },
    }),
  },
  dropout: called(
    'dropout',
    '',
    { input: 'read' },
    () => {
      native.manual_seed(7)
      const input = tensor([1, 2, 3, 4])
      return { tensors: { input }, args: [input, 0.5, true] }
    },
    { allocates: true, once: 'what a CPU generator has drawn is not drawn again' },
  ),
}

/** Functions that are neither given tensors nor make them. */
export const without_tensors: readonly string[] = [
  ...['start', 'constants', 'fail_allocations', 'bind', 'math'],
  // Signals for a runner above.
  ...['answer_signal', 'leave_signal'],
  // Files by their descriptors.
  ...['lock_file', 'sync_file'],
  // Schemas and registrations.
  ...['schema', 'alias_sets', 'is_data_dependent', 'has_kernel', 'operator_names', 'open_registration'],
  ...['define_operator', 'implement_operator', 'close_registration', 'below_autograd'],
  ...['without_autograd_fallback', 'below_batched'],
  // Channels between threads, and calls under way.
  ...['open_channel', 'close_channel', 'put_message', 'take_message', 'message_count', 'parcels_waiting'],
  ...['cancel_job', 'stop_background', 'end_use', 'draw_for', 'serve_backward'],
  // Modes, levels, switches.
  ...['grad_enabled', 'inference_enabled', 'set_mode', 'set_saved_tensor_hooks', 'graph_task'],
  ...['is_checkpoint_valid', 'push_level', 'pop_level', 'level_depth', 'current_level', 'suspend_level'],
  ...['resume_level', 'exclude_functorch', 'enter_legacy_vmap', 'exit_legacy_vmap', 'enter_dual_level'],
  ...['exit_dual_level', 'set_forward_mode', 'context_get', 'context_set', 'set_flush_denormal'],
  ...[
    'matmul_precision',
    'default_dtype',
    'set_default_dtype',
    'autocast',
    'has_autocast',
    'clear_autocast_cache',
  ],
  // Generators.
  ...['manual_seed', 'make_generator', 'default_generator', 'free_generator', 'generator_manual_seed'],
  ...['generator_seed', 'generator_initial_seed', 'generator_device', 'generator_copy'],
  // Devices.
  ...['set_num_threads', 'get_num_threads', 'set_num_interop_threads', 'get_num_interop_threads'],
  ...['cpu_capability', 'libtorch_version', 'open_library', 'has_cuda', 'cuda_device_count', 'cuda_init'],
  ...['accelerator_index', 'set_accelerator_index', 'accelerator_synchronize', 'accelerator_empty_cache'],
  ...['accelerator_memory', 'accelerator_reset_peak', 'cuda_attribute', 'cuda_device_name'],
  ...['cuda_memory_info', 'cuda_peer_access', 'stream_new', 'stream_current', 'stream_set', 'stream_query'],
  ...['stream_synchronize', 'event_new', 'event_record', 'event_wait', 'event_query', 'event_synchronize'],
  ...['event_elapsed', 'event_facts'],
  // Collections.
  ...['begin_collection', 'worth_resting', 'sweep', 'set_memory_budget', 'empty_cache', 'memory_stats'],
  'alive_handles',
]

export { BYTE, sum }
