// What the cases are made of: `t` is a tensor, `d` a distribution.

export const t = (values: unknown, dtype?: string) =>
  dtype === undefined ? { t: values } : { t: values, dtype }
export const d = (name: string, args: object): [string, object] => [name, args]

export const pair = t([0.5, 1.75])
export const matrix = t([
  [2.0, 0.5, 0.25],
  [0.5, 1.5, 0.125],
  [0.25, 0.125, 1.0],
])
export const tril = t([
  [1.5, 0.0, 0.0],
  [0.25, 1.0, 0.0],
  [-0.5, 0.75, 2.0],
])
export const vector = t([0.5, -1.0, 2.0])
export const probs = t([
  [0.2, 0.3, 0.5],
  [0.1, 0.1, 0.8],
])
export const logits = t([
  [0.5, -1.0, 2.0],
  [0.0, 0.25, -0.75],
])
