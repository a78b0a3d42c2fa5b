import { type_error } from '../errors.js'
import { native } from '../native.js'
import { is_plain_object } from '../realm.js'
import { get_num_threads, set_num_threads } from '../threads.js'
import { __version__ } from '../version.js'
import { warn_once } from '../warn.js'

/** What the last bits of a training's numbers depend on besides its state. */
export interface TrainingEnvironment {
  /** {@link torch.get_num_threads}: in how many parts sums are taken. */
  threads: number
  /** LibTorch's version. */
  libtorch: string
  /** {@link torch.backends.cpu.get_cpu_capability}: which kernels LibTorch has chosen for the processor. */
  cpu_capability: string
}

/** That of this process. */
export function current_environment(): TrainingEnvironment {
  return { threads: get_num_threads(), libtorch: __version__, cpu_capability: native.cpu_capability() }
}

/** A state's environment after a look at its form; undefined in states from before it was noted. */
export function environment_of(state: object): TrainingEnvironment | undefined {
  if (!Object.hasOwn(state, 'environment')) return undefined
  const { environment } = state as { environment: unknown }
  const fits =
    is_plain_object(environment) &&
    Object.entries(KINDS).every(([name, fits]) => Object.hasOwn(environment, name) && fits(environment[name]))
  if (fits) return environment as unknown as TrainingEnvironment
  throw type_error(
    "load_state_dict(): the state's 'environment' must be { threads: a whole number of at least 1, libtorch: string, " +
      'cpu_capability: string }',
  )
}

const KINDS: Record<keyof TrainingEnvironment, (value: unknown) => boolean> = {
  threads: (value) => Number.isInteger(value) && (value as number) >= 1,
  libtorch: (value) => typeof value === 'string',
  cpu_capability: (value) => typeof value === 'string',
}

/**
 * Goes on with a state's environment: sets the number of threads back where that is asked for, and warns once where the
 * last bits of further numbers will be others than those of the training that was left.
 */
export function enter_environment(saved: TrainingEnvironment, restore_threads: boolean): void {
  if (restore_threads) set_num_threads(saved.threads)
  const here = current_environment()
  const others = [
    saved.threads === here.threads
      ? ''
      : `${threads_text(here.threads)} instead of ${saved.threads} (restore_threads: true sets them back)`,
    saved.libtorch === here.libtorch ? '' : `LibTorch ${here.libtorch} instead of ${saved.libtorch}`,
    saved.cpu_capability === here.cpu_capability
      ? ''
      : `a processor with ${here.cpu_capability} instead of ${saved.cpu_capability}`,
  ].filter((text) => text !== '')
  if (others.length > 0)
    warn_once(`Trainer: training goes on with ${others.join(', ')}: the last bits of its numbers will differ`)
}

const threads_text = (threads: number): string => `${threads} ${threads === 1 ? 'thread' : 'threads'}`
