import * as torch from 'typetorch'

/** Marks in its tensor what was read, which shows whose memory that is. */
export class Marking extends torch.utils.data.Dataset<torch.Tensor> {
  constructor(readonly memory: torch.Tensor) {
    super()
  }

  override get length(): number {
    return this.memory.size(0)
  }

  override at(index: number): torch.Tensor {
    this.memory.set_at(index, index + 1)
    return this.memory.at(index)
  }
}
