export { Process, type ProcessOptions } from './process.js'
export { Empty, Full, Queue, type WaitOptions } from './queue.js'
export {
  ProcessContext,
  ProcessException,
  ProcessExitedException,
  ProcessRaisedException,
  type SpawnOptions,
  spawn,
} from './spawn.js'
export { get_all_sharing_strategies, get_sharing_strategy, set_sharing_strategy } from './strategies.js'
