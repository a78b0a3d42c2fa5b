import * as torch from 'typetorch'

/** As much arithmetic as `rounds` asks for: what decoding an image costs a core. */
export function work(rounds: number): number {
  let value = 1
  for (let i = 0; i < rounds; i++) value = (value * 16807) % 2147483647
  return value
}

/** How many rounds of {@link work} take so many milliseconds where nothing else runs. */
export function rounds_for(milliseconds: number): number {
  const rounds = 1_000_000
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < 20; i++) {
    const begin = performance.now()
    work(rounds)
    least = Math.min(least, performance.now() - begin)
  }
  return Math.round((rounds * milliseconds) / least)
}

/** Images that take a while to decode. */
export class Decoding extends torch.utils.data.Dataset<torch.Tensor> {
  constructor(
    readonly count: number,
    readonly rounds: number,
  ) {
    super()
  }

  override at(index: number): torch.Tensor {
    return torch.full([3, 64, 64], (work(this.rounds) + index) % 256)
  }

  override get length(): number {
    return this.count
  }
}
