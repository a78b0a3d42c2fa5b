import * as torch from 'typetorch'
import { nn, optim, type Tensor } from 'typetorch'
import type { Workload } from './workload.js'

const VOCABULARY = 65
const { functional: F } = nn

class Block extends nn.Module {
  declare ln_1: nn.LayerNorm
  declare c_attn: nn.Linear
  declare c_proj: nn.Linear
  declare ln_2: nn.LayerNorm
  declare c_fc: nn.Linear
  declare m_proj: nn.Linear
  drop = new nn.Dropout(0.1)

  constructor(
    width: number,
    readonly heads: number,
  ) {
    super()
    this.ln_1 = new nn.LayerNorm(width)
    this.c_attn = new nn.Linear(width, 3 * width)
    this.c_proj = new nn.Linear(width, width)
    this.ln_2 = new nn.LayerNorm(width)
    this.c_fc = new nn.Linear(width, 4 * width)
    this.m_proj = new nn.Linear(4 * width, width)
  }

  override forward(x: Tensor): Tensor {
    const [b, t, c] = x.shape as [number, number, number]
    const [q, k, v] = this.c_attn(this.ln_1(x))
      .split(c, 2)
      .map((part) => part.view(b, t, this.heads, -1).transpose(1, 2)) as [Tensor, Tensor, Tensor]
    const y = F.scaled_dot_product_attention(q, k, v, { is_causal: true })
    x = x.add(this.drop(this.c_proj(y.transpose(1, 2).reshape(b, t, c))))
    return x.add(this.drop(this.m_proj(F.gelu(this.c_fc(this.ln_2(x))))))
  }
}

class GPT extends nn.Module {
  declare wte: nn.Embedding
  declare wpe: nn.Embedding
  declare layers: nn.ModuleList<Block>
  declare ln_f: nn.LayerNorm
  declare lm_head: nn.Linear

  constructor(width: number, length: number) {
    super()
    this.wte = new nn.Embedding(VOCABULARY, width)
    this.wpe = new nn.Embedding(length, width)
    this.layers = new nn.ModuleList([1, 2, 3, 4].map(() => new Block(width, 4)))
    this.ln_f = new nn.LayerNorm(width)
    this.lm_head = new nn.Linear(width, VOCABULARY, { bias: false })
    this.wte.weight = this.lm_head.weight
    for (const [name, parameter] of this.named_parameters())
      if (name.endsWith('weight') && parameter.ndim === 2) nn.init.normal_(parameter, 0, 0.02)
  }

  override forward(tokens: Tensor): Tensor {
    let x = this.wte(tokens).add(this.wpe(torch.arange(tokens.size(1))))
    for (const layer of this.layers) x = layer(x)
    return this.lm_head(this.ln_f(x))
  }
}

/** A GPT of four layers: two groups of weight decay, gradients clipped. */
export function gpt({ batch = 8, length = 32, width = 64 } = {}): Workload {
  const model = new GPT(width, length)
  const parameters = [...model.parameters()]
  const groups = [
    { params: parameters.filter((parameter) => parameter.ndim >= 2), weight_decay: 0.1 },
    { params: parameters.filter((parameter) => parameter.ndim < 2), weight_decay: 0 },
  ]
  const optimizer = new optim.AdamW(groups, { lr: 3e-4, betas: [0.9, 0.95] })

  function step(): number {
    const tokens = torch.randint(0, VOCABULARY, [batch, length + 1])
    optimizer.zero_grad()
    const scores = model(tokens.at(':', ':-1'))
    const loss = F.cross_entropy(scores.reshape(-1, VOCABULARY), tokens.at(':', '1:').reshape(-1))
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1)
    optimizer.step()
    return loss.item() as number
  }
  return { models: [model], optimizers: [optimizer], step }
}
