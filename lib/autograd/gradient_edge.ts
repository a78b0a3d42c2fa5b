import type { Node } from './node.js'

/**
 * An edge of the graph: a node, and which of its outputs. Stands for a tensor in `autograd.grad` and `autograd.backward`.
 *
 * @example
 * ```ts
 * import * as torch from 'typetorch'
 * const x = torch.ones(2, { requires_grad: true })
 * const edge = torch.autograd.graph.get_gradient_edge(x.mul(2))
 * torch.autograd.grad(edge, x, torch.ones(2)) // [tensor([2., 2.])]
 * ```
 * @see https://docs.pytorch.org/docs/2.13/autograd.html#torch.autograd.graph.GradientEdge
 */
export class GradientEdge {
  /**
   * @param node the node
   * @param output_nr which of its outputs
   * @param ownership_token a node that keeps the graph; not needed here, where every node's object does
   */
  constructor(
    readonly node: Node,
    readonly output_nr: number,
    readonly ownership_token: Node | null = null,
  ) {}
}
