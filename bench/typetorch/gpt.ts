import * as torch from 'typetorch'
import { nn, optim, type Tensor } from 'typetorch'
import { F, Workload } from './workload.js'

class Layer extends nn.Module {
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

class Transformer extends nn.Module {
  declare wte: nn.Embedding
  declare wpe: nn.Embedding
  declare layers: nn.ModuleList<Layer>
  declare ln_f: nn.LayerNorm
  declare lm_head: nn.Linear

  constructor(width = 64, vocabulary = 65, length = 32) {
    super()
    this.wte = new nn.Embedding(vocabulary, width)
    this.wpe = new nn.Embedding(length, width)
    this.layers = new nn.ModuleList([1, 2, 3, 4].map(() => new Layer(width, 4)))
    this.ln_f = new nn.LayerNorm(width)
    this.lm_head = new nn.Linear(width, vocabulary, { bias: false })
    this.wte.weight = this.lm_head.weight
    for (const [name, p] of this.named_parameters())
      if (name.endsWith('weight') && p.ndim === 2) nn.init.normal_(p, 0, 0.02)
  }

  override forward(tokens: Tensor): Tensor {
    let x = this.wte(tokens).add(this.wpe(torch.arange(tokens.shape[1]!)))
    for (const layer of this.layers) x = layer(x)
    return this.lm_head(this.ln_f(x))
  }
}

/** A GPT of four layers: two groups of weight decay, gradients clipped. */
export class GPT extends Workload {
  readonly model = new Transformer()
  readonly optimizer: optim.AdamW

  constructor(readonly batch = 8) {
    super()
    const parameters = [...this.model.parameters()]
    const groups = [
      { params: parameters.filter((p) => p.ndim >= 2), weight_decay: 0.1 },
      { params: parameters.filter((p) => p.ndim < 2), weight_decay: 0 },
    ]
    this.optimizer = new optim.AdamW(groups, { lr: 3e-4, betas: [0.9, 0.95] })
    this.models = [this.model]
    this.optimizers = [this.optimizer]
  }

  step(): number {
    const tokens = torch.randint(0, 65, [this.batch, 33])
    this.optimizer.zero_grad()
    const scores = this.model(tokens.at(':', ':-1'))
    const loss = F.cross_entropy(scores.reshape(-1, 65), tokens.at(':', '1:').reshape(-1))
    loss.backward()
    nn.utils.clip_grad_norm_(this.model.parameters(), 1)
    this.optimizer.step()
    return loss.item() as number
  }
}
