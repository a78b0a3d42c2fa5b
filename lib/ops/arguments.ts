import { expect_tensor } from '../tensor.js'
import { take_options } from './keywords.js'

// What these names stand for is a tensor wherever they occur, or null where that is the default.
const tensors: ReadonlySet<string> = new Set([
  ...[
    'input',
    'target',
    'weight',
    'bias',
    'running_mean',
    'running_var',
    'input1',
    'input2',
    'anchor',
    'positive',
  ],
  ...[
    'negative',
    'grid',
    'theta',
    'logits',
    'log_probs',
    'targets',
    'indices',
    'offsets',
    'per_sample_weights',
  ],
  ...['pos_weight', 'a', 'b', 'A', 'M', 'x1', 'x2'],
])

// These may be null also where they have no default.
const nullable: ReadonlySet<string> = new Set(['running_mean', 'running_var'])

/** As {@link take_options}, for functions of tensors: what is no tensor is refused by the argument's name. */
export function take_arguments<T extends object>(
  name: string,
  args: readonly unknown[],
  names: readonly (keyof T & string)[],
  defaults: Partial<T>,
): T {
  const taken = take_options<T>(name, args, names, defaults)
  for (const argument of names) {
    if (!tensors.has(argument)) continue
    if (taken[argument] === null && (defaults[argument] === null || nullable.has(argument))) continue
    expect_tensor(taken[argument], name, argument)
  }
  return taken
}
