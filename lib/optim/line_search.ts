import { contiguous_format } from '../layout.js'
import * as ops from '../ops/generated/torch.js'
import { own } from '../own.js'
import type { Tensor } from '../tensor.js'
import { minus, number_of, over, plus, type Rate, times } from './options.js'

// Steps and slopes are numbers or tensors of one element, as in PyTorch: a tensor's arithmetic is that of its dtype.

interface Point {
  t: Rate
  f: number
  g: Tensor
  slope: Tensor
}

/** The least of two rates, and the greatest; the first where they are equal. */
const least = (a: Rate, b: Rate): Rate => (number_of(b) < number_of(a) ? b : a)
const greatest = (a: Rate, b: Rate): Rate => (number_of(b) > number_of(a) ? b : a)

/** Where a cubic through two points with their slopes has its minimum, within bounds. */
function cubic_interpolate(one: Point, two: Point, bounds?: readonly [Rate, Rate]): Rate {
  const [x1, x2] = [one.t, two.t]
  const ordered = number_of(x1) <= number_of(x2)
  const [low, high] = bounds ?? (ordered ? [x1, x2] : [x2, x1])
  const d1 = minus(one.slope.add(two.slope), over(3 * (one.f - two.f), minus(x1, x2))) as Tensor
  const square = d1.pow(2).sub(one.slope.mul(two.slope))
  if (!(square.item() >= 0)) return over(plus(low, high), 2)
  const d2 = square.sqrt()
  const position = ordered
    ? minus(x2, times(minus(x2, x1), ratio(two.slope, one.slope, d1, d2)))
    : minus(x1, times(minus(x1, x2), ratio(one.slope, two.slope, d1, d2)))
  return least(greatest(position, low), high)
}

function ratio(a: Tensor, b: Tensor, d1: Tensor, d2: Tensor): Tensor {
  return a
    .add(d2)
    .sub(d1)
    .div(a.sub(b).add(d2.mul(2)))
}

const distance = (a: Rate, b: Rate) => Math.abs(number_of(minus(a, b)))

/**
 * A step along d that meets the strong Wolfe conditions: the loss falls by enough, and the slope gets flat enough.
 *
 * @param evaluate - loss and gradient after a step t along d
 * @see torch/optim/lbfgs.py
 */
export function strong_wolfe(
  evaluate: (t: Rate, d: Tensor) => [loss: number, gradient: Tensor],
  first: Rate,
  d: Tensor,
  f: number,
  gradient: Tensor,
  slope: Tensor,
  options: { c1?: number; c2?: number; tolerance_change?: number; max_ls?: number } = {},
): { loss: number; gradient: Tensor; t: Rate; evaluations: number } {
  const { c1 = 1e-4, c2 = 0.9, tolerance_change = 1e-9, max_ls = 25 } = own(options)
  const d_norm = d.abs().max()
  const g = gradient.clone({ memory_format: contiguous_format })
  let evaluations = 0
  const at = (t: Rate): Point => {
    const [loss, found] = evaluate(t, d)
    evaluations += 1
    return { t, f: loss, g: found, slope: found.dot(d) }
  }
  const kept = (point: Point): Point => ({ ...point, g: point.g.clone({ memory_format: contiguous_format }) })
  const too_high = ({ t, f: value }: Point) => value > number_of(plus(f, times(times(c1, t), slope)))
  const flat = (point: Point) => point.slope.abs().item() <= slope.mul(-c2).item()

  let previous: Point = { t: 0, f, g, slope }
  let point = at(first)
  let bracket: Point[] = []
  let done = false
  let iterations = 0
  while (iterations < max_ls) {
    if (too_high(point) || (iterations > 1 && point.f >= previous.f)) {
      bracket = [previous, kept(point)]
      break
    }
    if (flat(point)) {
      bracket = [point]
      done = true
      break
    }
    if (point.slope.item() >= 0) {
      bracket = [previous, kept(point)]
      break
    }
    const { t } = point
    const bounds = [plus(t, times(0.01, minus(t, previous.t))), times(t, 10)] as const
    const next = cubic_interpolate(previous, point, bounds)
    previous = kept(point)
    point = at(next)
    iterations += 1
  }
  if (iterations === max_ls) bracket = [{ t: 0, f, g, slope }, point]

  // The zoom: the bracket shrinks around a point that meets the conditions.
  let stuck = false
  let [low, high] = bracket[0]!.f <= bracket.at(-1)!.f ? [0, 1] : [1, 0]
  while (!done && iterations < max_ls) {
    const [a, b] = bracket as [Point, Point]
    if (number_of(times(absolute(minus(b.t, a.t)), d_norm)) < tolerance_change) break
    let t = cubic_interpolate(a, b)
    const [most, smallest] = [greatest(a.t, b.t), least(a.t, b.t)]
    const margin = times(0.1, minus(most, smallest))
    if (number_of(least(minus(most, t), minus(t, smallest))) < number_of(margin)) {
      if (stuck || number_of(t) >= number_of(most) || number_of(t) <= number_of(smallest)) {
        t = distance(t, most) < distance(t, smallest) ? minus(most, margin) : plus(smallest, margin)
        stuck = false
      } else {
        stuck = true
      }
    } else {
      stuck = false
    }
    point = at(t)
    iterations += 1
    if (too_high(point) || point.f >= bracket[low]!.f) {
      bracket[high] = kept(point)
      ;[low, high] = bracket[0]!.f <= bracket[1]!.f ? [0, 1] : [1, 0]
    } else {
      if (flat(point)) done = true
      else if (number_of(times(point.slope, minus(bracket[high]!.t, bracket[low]!.t))) >= 0)
        bracket[high] = bracket[low]!
      bracket[low] = kept(point)
    }
  }
  const { f: loss, g: found, t } = bracket[low]!
  return { loss, gradient: found, t, evaluations }
}

function absolute(a: Rate): Rate {
  return typeof a === 'number' ? Math.abs(a) : ops.abs(a)
}
