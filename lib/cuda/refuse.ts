import { not_implemented_error } from '../errors.js'
import { check_cuda } from './available.js'

/** Refuses in PyTorch's words where there is no GPU; where there is one, says what this library does not do there yet. */
export function refuse(name: string): never {
  check_cuda()
  throw not_implemented_error(`torch.cuda.${name} is not there yet (docs/coverage.md)`)
}
