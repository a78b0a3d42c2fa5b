import { AutogradFunction } from '../../autograd/function.js'
import type { FunctionCtx } from '../../autograd/function_ctx.js'
import { runtime_error } from '../../errors.js'
import * as ops from '../../ops/generated/torch.js'
import type { Tensor } from '../../tensor.js'
import type { Chunking } from '../modules/linear_cross_entropy_options.js'
import {
  type ChunkedInputs,
  type ChunkPlan,
  make_plan,
  type Reducing,
  share_rows,
  type Wanted,
} from './chunked_plan.js'

// Scores of (rows of a chunk, classes) are all that is there at once; the loss and, in one go, its gradients are summed
// over the chunks. The order of operations is PyTorch's.

interface Gradients {
  input: Tensor | null
  linear_weight: Tensor | null
  linear_bias: Tensor | null
}

const NONE: Wanted = { input: false, linear_weight: false, linear_bias: false }

/** A product, whose dtype may be wider than its factors' on a GPU. */
function mm(a: Tensor, b: Tensor, out: Tensor): void {
  if (a.dtype === out.dtype) ops.mm(a, b, { out })
  else ops.mm(a, b, out.dtype, { out })
}

/** What every chunk needs, made once a call. */
class Chunks {
  readonly scores: Tensor
  readonly scratch: Tensor
  readonly factor: Tensor
  readonly bias: Tensor | null
  readonly classes: Tensor
  readonly shares: Tensor
  readonly input_copy: Tensor | null

  constructor(
    readonly given: ChunkedInputs,
    readonly plan: ChunkPlan,
    reducing: Reducing,
  ) {
    const { input, linear_weight, linear_bias } = given
    const { device } = input
    const { rows, scores, factor } = plan
    this.scores = ops.empty([rows, linear_weight.size(0)], { dtype: scores, device })
    this.scratch = ops.empty([rows], { dtype: scores, device })
    this.factor = linear_weight.to(factor)
    this.bias = linear_bias === null ? null : linear_bias.to(scores)
    const { classes, shares } = share_rows(given, plan, reducing)
    this.classes = classes
    this.shares = shares
    this.input_copy = plan.copies_input ? ops.empty([rows, input.size(1)], { dtype: plan.acc, device }) : null
  }

  /** Calls `each` for every chunk, with its scores less their greatest. */
  each(visit: (chunk: Chunk) => void): void {
    const count = this.given.input.size(0)
    for (let start = 0; start < count; start += this.plan.rows) {
      const chunk = new Chunk(this, start, Math.min(this.plan.rows, count - start))
      chunk.score()
      visit(chunk)
    }
  }
}

class Chunk {
  readonly scores: Tensor
  readonly classes: Tensor
  readonly shares: Tensor
  readonly input: Tensor
  /** The input in the dtype of sums. */
  readonly copy: Tensor

  constructor(
    readonly all: Chunks,
    readonly start: number,
    readonly size: number,
  ) {
    this.input = this.rows_of(all.given.input)
    this.classes = this.rows_of(all.classes)
    this.shares = this.rows_of(all.shares)
    this.scores = all.scores.narrow(0, 0, size)
    this.copy = all.input_copy === null ? this.input : all.input_copy.narrow(0, 0, size).copy_(this.input)
  }

  rows_of(x: Tensor): Tensor {
    return x.narrow(0, this.start, this.size)
  }

  score(): void {
    const { plan, given, factor, bias, scratch } = this.all
    const copied = plan.wide && !plan.cuda && plan.dtype !== plan.scores
    const by_cuda = plan.cuda && plan.wide
    const weight = by_cuda ? given.linear_weight : factor
    mm(copied ? this.copy : this.input, weight.t(), this.scores)
    if (bias !== null) this.scores.add_(bias)
    const most = scratch.narrow(0, 0, this.size).unsqueeze(1)
    ops.amax(this.scores, 1, true, { out: most })
    this.scores.sub_(most)
  }

  /** Each row's score of its target. */
  target_scores(): Tensor {
    return this.scores.gather(1, this.classes.unsqueeze(1)).squeeze(1)
  }

  /** Sums of the scores' exponentials, which take the scores' place; in the dtype of sums, lest they be 0. */
  exponentials(): Tensor {
    return this.scores.exp_().sum(1, { dtype: this.all.plan.acc })
  }
}

/** Losses of the rows, one by one. */
function row_losses(given: ChunkedInputs, plan: ChunkPlan, reducing: Reducing): Tensor {
  const { input } = given
  const losses = ops.empty([input.size(0)], { dtype: plan.dtype, device: input.device })
  new Chunks(given, plan, reducing).each((chunk) => {
    const hits = chunk.target_scores()
    const sums = chunk.exponentials()
    const loss = sums.log_().sub_(hits.to(sums.dtype)).mul_(chunk.shares.to(sums.dtype))
    chunk.rows_of(losses).copy_(loss)
  })
  return losses
}

/** The loss, and the gradients that are wanted. */
function reduced_loss(given: ChunkedInputs, plan: ChunkPlan, reducing: Reducing, wanted: Wanted) {
  const { input, linear_weight } = given
  const { device } = input
  const chunks = new Chunks(given, plan, reducing)
  const loss = ops.zeros([], { dtype: plan.output, device })
  if (reducing.reduction === 'mean' && input.size(0) === 0) loss.fill_(Number.NaN)
  const gradients: Gradients = {
    input: wanted.input ? ops.empty([...input.shape], { dtype: plan.grad_input, device }) : null,
    linear_weight: wanted.linear_weight
      ? ops.zeros([...linear_weight.shape], { dtype: plan.dtype, device })
      : null,
    linear_bias: wanted.linear_bias
      ? ops.zeros([linear_weight.size(0)], { dtype: plan.dtype, device })
      : null,
  }
  const sums = new Sums(chunks, gradients)
  const any = wanted.input || wanted.linear_weight || wanted.linear_bias
  chunks.each((chunk) => {
    const { scores, shares } = chunk
    loss.add_(shares.dot(chunk.target_scores().to(shares.dtype)))
    const exponentials = chunk.exponentials()
    if (any) {
      const quotient = chunks.scratch.narrow(0, 0, chunk.size)
      ops.div(shares, exponentials, { out: quotient })
      ops.mul(scores, quotient.unsqueeze(1), { out: scores })
    }
    loss.sub_(shares.to(exponentials.dtype).dot(exponentials.log_()))
    sums.add(chunk)
  })
  if (gradients.input !== null) gradients.input = gradients.input.to(plan.dtype)
  return { loss: loss.to(plan.dtype), gradients }
}

/** Adds each chunk's gradients: what all scores give, and what the targets' give. */
class Sums {
  readonly #weight: Tensor | null
  readonly #bias: Tensor | null
  readonly #input: Tensor | null

  constructor(
    readonly chunks: Chunks,
    readonly gradients: Gradients,
  ) {
    const { plan, given } = chunks
    const [classes, features] = given.linear_weight.shape as [number, number]
    const { device } = given.input
    const { acc, factor, rows } = plan
    this.#weight = plan.weight_scratch ? ops.empty([classes, features], { dtype: acc, device }) : null
    this.#bias = plan.bias_scratch ? ops.zeros([classes], { dtype: acc, device }) : null
    this.#input = plan.input_scratch ? ops.empty([rows, features], { dtype: factor, device }) : null
  }

  add(chunk: Chunk): void {
    const { input, linear_weight, linear_bias } = this.gradients
    // The bias's first: the weight's takes the scores' memory.
    if (linear_bias !== null) this.#add_bias(chunk, linear_bias)
    const { plan, given } = this.chunks
    const narrow =
      plan.narrow_scores || (linear_weight !== null && !plan.weight_scratch && plan.scores !== plan.dtype)
    const narrowed = narrow ? chunk.scores.to(given.linear_weight.dtype) : chunk.scores
    if (input !== null) this.#add_input(chunk, input, narrowed)
    if (linear_weight !== null) this.#add_weight(chunk, linear_weight, narrowed)
  }

  #add_bias(chunk: Chunk, gradient: Tensor): void {
    const { wide, acc, dtype } = this.chunks.plan
    const sum = this.#bias ?? gradient
    sum.sub_(chunk.scores.sum(0, { dtype: wide ? acc : dtype }))
    sum.index_add_(0, chunk.classes, chunk.shares)
    if (this.#bias === null) return
    gradient.add_(sum.to(gradient.dtype))
    sum.zero_()
  }

  #add_input(chunk: Chunk, gradient: Tensor, narrowed: Tensor): void {
    const { plan, factor, given } = this.chunks
    const rows = chunk.rows_of(gradient)
    const out = this.#input?.narrow(0, 0, chunk.size) ?? rows
    ops.mul(factor.index_select(0, chunk.classes), chunk.shares.to(out.dtype).unsqueeze(1), { out })
    const [scores, weight] = plan.narrow_scores ? [narrowed, given.linear_weight] : [chunk.scores, factor]
    ops.addmm(out, scores, weight, { alpha: -1, out })
    if (out !== rows) rows.copy_(out)
  }

  #add_weight(chunk: Chunk, gradient: Tensor, narrowed: Tensor): void {
    const { plan } = this.chunks
    const { classes } = chunk
    if (this.#weight === null) {
      gradient.addmm_(narrowed.t(), chunk.input, { alpha: -1 })
      gradient.index_add_(0, classes, this.#cast(this.#shared_input(chunk)))
      return
    }
    const same = plan.scores === plan.acc
    const scores = plan.cuda || same ? chunk.scores : chunk.scores.to(plan.acc)
    mm(scores.t(), plan.cuda && !same ? chunk.input : chunk.copy, this.#weight)
    this.#weight.index_add_(0, classes, this.#shared_input(chunk), { alpha: -1 })
    gradient.sub_(this.#weight)
  }

  /** The input times each row's share, in memory that is there where it fits. */
  #shared_input(chunk: Chunk): Tensor {
    const { plan, scores } = this.chunks
    const shares = chunk.shares.unsqueeze(1)
    if (plan.wide) return chunk.copy.mul_(shares)
    const features = chunk.copy.size(1)
    if (scores.size(1) < features) return chunk.copy.mul(shares)
    const out = scores.narrow(0, 0, chunk.size).narrow(1, 0, features)
    return ops.mul(chunk.copy, shares, { out })
  }

  #cast(x: Tensor): Tensor {
    const { plan, scores } = this.chunks
    const { dtype } = plan
    if (x.dtype === dtype) return x
    const [rows, features] = x.shape as [number, number]
    const fits = plan.wide && scores.size(1) * plan.scores.itemsize >= features * dtype.itemsize
    return fits ? scores.view(dtype).narrow(0, 0, rows).narrow(1, 0, features).copy_(x) : x.to(dtype)
  }
}

type Arguments = [
  input: Tensor,
  linear_weight: Tensor,
  target: Tensor,
  linear_bias: Tensor | null,
  weight: Tensor | null,
]

const inputs_of = ([input, linear_weight, target, linear_bias, weight]: Arguments): ChunkedInputs => ({
  input,
  linear_weight,
  target,
  linear_bias,
  weight,
})

/** The mean or the sum: forward makes the gradients too, backward multiplies them. */
export class ChunkedLoss extends AutogradFunction {
  static override forward(
    ctx: FunctionCtx,
    chunking: Chunking,
    reducing: Reducing,
    retains: boolean,
    wanted: Wanted,
    ...given: Arguments
  ): Tensor {
    const inputs = inputs_of(given)
    const { loss, gradients } = reduced_loss(inputs, make_plan(inputs, chunking, wanted), reducing, wanted)
    ctx['gradients'] = gradients
    ctx['retains'] = retains
    return loss
  }

  static override backward(ctx: FunctionCtx, upstream: Tensor) {
    const gradients = ctx['gradients'] as Gradients | null
    if (gradients === null)
      throw runtime_error(
        'linear_cross_entropy chunked backward called twice; retain_graph=True / double backward are not supported.',
      )
    const retains = ctx['retains'] === true
    if (!retains) ctx['gradients'] = null
    const scale = (x: Tensor | null) => (x === null ? null : retains ? x.mul(upstream) : x.mul_(upstream))
    const { input, linear_weight, linear_bias } = gradients
    return [null, null, null, null, scale(input), scale(linear_weight), null, scale(linear_bias), null]
  }
}

/** A loss a row: what multiplies the gradients is known in backward only, which goes over the chunks again. */
export class ChunkedRowLosses extends AutogradFunction {
  static override forward(
    ctx: FunctionCtx,
    chunking: Chunking,
    reducing: Reducing,
    ...given: Arguments
  ): Tensor {
    ctx.save_for_backward(...given.map((value) => value?.detach() ?? null))
    ctx['chunking'] = chunking
    ctx['reducing'] = reducing
    const inputs = inputs_of(given)
    return row_losses(inputs, make_plan(inputs, chunking, NONE), reducing)
  }

  static override backward(ctx: FunctionCtx, upstream: Tensor) {
    const inputs = inputs_of(ctx.saved_tensors as unknown as Arguments)
    const [, , input, linear_weight, , linear_bias] = ctx.needs_input_grad
    const wanted = { input: input!, linear_weight: linear_weight!, linear_bias: linear_bias! }
    const plan = make_plan(inputs, ctx['chunking'] as Chunking, wanted)
    const reducing = { ...(ctx['reducing'] as Reducing), upstream }
    const { gradients } = reduced_loss(inputs, plan, reducing, wanted)
    return [null, null, gradients.input, gradients.linear_weight, null, gradients.linear_bias, null]
  }
}
