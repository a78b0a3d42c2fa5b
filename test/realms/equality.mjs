/** What typetorch/jest and typetorch/vitest promise, for either's `expect`. */
export function define_equality({ expect, test, torch, install }) {
  const { nn } = torch

  test('tensors that are close are equal', () => {
    expect(torch.ones(2)).toEqual(torch.ones(2))
    expect(torch.ones(2)).toEqual(torch.ones(2).add(1e-7))
    expect(torch.ones(2, 0)).toStrictEqual(torch.ones(2, 0))
    expect(torch.tensor(1)).toEqual(torch.tensor(1))
    expect({ a: [torch.ones(2)] }).toEqual({ a: [torch.ones(2)] })
    expect({ a: torch.ones(2), b: 1 }).toMatchObject({ a: torch.ones(2) })
    expect(new Map([['a', torch.ones(2)]])).toEqual(new Map([['a', torch.ones(2)]]))
    expect([torch.ones(2)]).toContainEqual(torch.ones(2))
    expect(new nn.Parameter(torch.ones(2))).toEqual(torch.ones(2))
    expect(new nn.Linear(2, 2).state_dict()).not.toEqual(new nn.Linear(2, 2).state_dict())
    const layer = new nn.Linear(2, 2)
    expect(torch.deepcopy(layer).state_dict()).toEqual(layer.state_dict())
  })

  test.each([
    ['values', torch.ones(2), torch.zeros(2)],
    ['one value of many', torch.zeros(5000), torch.zeros(5000).set_at(2500, 1)],
    ['shapes', torch.ones(2), torch.ones(2, 1)],
    ['empty shapes', torch.ones(0), torch.ones(0, 2)],
    ['dtypes', torch.ones(2), torch.ones(2, { dtype: torch.float64 })],
    ['NaN', torch.tensor([Number.NaN]), torch.tensor([Number.NaN])],
    ['0-d', torch.tensor(1), torch.tensor(2)],
    ['layouts', torch.eye(2), torch.eye(2).to_sparse()],
    ['devices', torch.ones(2), torch.ones(2, { device: 'meta' })],
    ['a tensor and a list', torch.ones(2), [1, 1]],
    ['a list and a tensor', [1, 1], torch.ones(2)],
    ['a tensor and a number', torch.tensor(1), 1],
    ['generators', new torch.Generator().manual_seed(0), new torch.Generator().manual_seed(1)],
    ['dtypes themselves', torch.float32, torch.float64],
    ['devices themselves', torch.device('cpu'), torch.device('meta')],
    ['sizes', torch.Size.from([1, 2]), torch.Size.from([2, 1])],
    ['modules', new nn.Linear(1, 1), new nn.Linear(1, 1)],
  ])('%s that differ are not equal', (_, a, b) => {
    expect(a).not.toEqual(b)
    expect(a).not.toStrictEqual(b)
    expect({ x: [a] }).not.toEqual({ x: [b] })
    expect({ x: a }).not.toMatchObject({ x: b })
    expect({ x: a }).not.toEqual(expect.objectContaining({ x: b }))
    expect([a]).not.toContainEqual(b)
    expect(() => expect(a).toEqual(b)).toThrow()
  })

  test('generators of one state are equal', () => {
    expect(new torch.Generator().manual_seed(3)).toEqual(new torch.Generator().manual_seed(3))
  })

  test('asymmetric matchers still match', () => {
    expect(torch.ones(2)).toEqual(expect.any(torch.Tensor))
    expect({ a: torch.ones(2) }).toEqual({ a: expect.anything() })
  })

  test('a disposed tensor is an error that says so', () => {
    const x = torch.ones(2)
    x.dispose()
    expect(() => expect(x).toEqual(torch.ones(2))).toThrow('disposed of by dispose()')
  })

  test('install() with options changes how tensors are compared', () => {
    install(expect, { rtol: 0, atol: 0, equal_nan: true })
    try {
      expect(torch.ones(2)).not.toEqual(torch.ones(2).add(1e-6))
      expect(torch.tensor([Number.NaN])).toEqual(torch.tensor([Number.NaN]))
    } finally {
      install(expect)
    }
    expect(torch.ones(2)).toEqual(torch.ones(2).add(1e-6))
  })

  test('snapshots show all that tells values apart', () => {
    const values = {
      '0-d': torch.tensor(0.1),
      floats: torch.tensor([
        [0.1, 1e-20, -0],
        [1 / 3, Number.NaN, Number.POSITIVE_INFINITY],
      ]),
      double: torch.tensor([1 / 3], { dtype: torch.float64 }),
      half: torch.tensor([1 / 3], { dtype: torch.bfloat16 }),
      wide: torch.tensor([9007199254740993n], { dtype: torch.int64 }),
      bool: torch.tensor([true, false]),
      complex: torch.tensor([new torch.Complex(1, -2)]),
      empty: torch.zeros(2, 0),
      meta: torch.empty(2, { device: 'meta' }),
      sparse: torch.eye(2).to_sparse(),
      quantized: torch.quantize_per_tensor(torch.ones(2), 0.5, 1, torch.qint8),
      nested: torch.nested.nested_tensor([torch.ones(1), torch.zeros(2)]),
      parameter: new nn.Parameter(torch.ones(1)),
      view: torch.arange(6).reshape(2, 3).t(),
      large: torch.arange(2000),
      dtype: torch.float32,
      device: torch.device('cpu'),
      module: new nn.Sequential(new nn.ReLU(), new nn.BatchNorm1d(1)),
    }
    expect(values).toMatchSnapshot()
  })

  test('a snapshot of a generator changes with its state', () => {
    const generator = new torch.Generator().manual_seed(0)
    expect(generator).toMatchSnapshot()
    torch.rand(1, { generator })
    expect(generator).toMatchSnapshot()
  })
}
