// What PyTorch calls torch.utils.tensorboard.

export type { HistogramValues, HParams } from './summary.js'
export { SummaryWriter, type SummaryWriterOptions } from './writer.js'
