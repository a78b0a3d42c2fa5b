/**
 * What people write in a test, as functions that throw where the library takes a value of their realm for something else.
 * The function's text is run in other realms too: it uses its arguments and what every realm has.
 *
 * @param torch the package
 * @param folder where files may be written
 * @param read gives a file's bytes, in an array of the realm
 */
export function make_forms(torch, { folder, read, timers = setTimeout }) {
  const same = (a, b) => {
    const [x, y] = [a, b].map((value) =>
      JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)),
    )
    if (x !== y) throw new Error(`${x} is not ${y}`)
  }
  const list = (x) => x.tolist()
  const caught = (f) => {
    try {
      f()
    } catch (error) {
      return error
    }
    throw new Error('nothing was thrown')
  }
  const { nn, optim, utils } = torch
  return {
    'keywords of a factory': () => same(torch.zeros([2], { dtype: torch.int64 }).dtype.name, 'int64'),
    'keywords after an array': () => same(list(torch.full([2], 3, { dtype: torch.int8 })), [3, 3]),
    'keywords without a prototype': () =>
      same(
        torch.ones([2], Object.assign(Object.create(null), { dtype: torch.float64 })).dtype.name,
        'float64',
      ),
    'keywords from JSON': () =>
      same(list(torch.ones(2, 2).sum(JSON.parse('{"dim": 0, "keepdim": true}'))), [[2, 2]]),
    'keywords of an operator': () => same(list(torch.ones(2, 3).sum({ dim: 1 })), [3, 3]),
    'keywords of a functional': () => same(list(nn.functional.elu(torch.ones(1), { alpha: 2 })), [1]),
    'keywords of a module': () => same(new nn.Linear(2, 3, { bias: false }).bias, null),
    'an unknown keyword is named': () =>
      same(/dtpye/.test(caught(() => torch.zeros([2], { dtpye: torch.int64 })).message), true),
    'nested arrays': () =>
      same(
        list(
          torch.tensor([
            [1, 2],
            [3, 4],
          ]),
        ),
        [
          [1, 2],
          [3, 4],
        ],
      ),
    'an array for a size': () => same(torch.zeros([2, 3]).shape, [2, 3]),
    'an array of tensors': () => same(list(torch.cat([torch.ones(1), torch.zeros(1)])), [1, 0]),
    'typed arrays of each type': () => {
      const types = [
        Float32Array,
        Float64Array,
        Int8Array,
        Uint8Array,
        Uint8ClampedArray,
        Int16Array,
        Uint16Array,
        Int32Array,
        Uint32Array,
        BigInt64Array,
        BigUint64Array,
      ]
      for (const type of types) {
        const array = type.of(type.name.startsWith('Big') ? 3n : 3)
        same(list(torch.tensor(array)), [3])
        same(list(torch.from_numpy(array)), [3])
        same(torch.as_tensor(array).dtype.name, torch.tensor(array).dtype.name)
      }
      same(torch.tensor(Float64Array.of(1)).dtype.name, 'float64')
      same(torch.tensor(Uint8ClampedArray.of(1)).dtype.name, 'uint8')
    },
    'a typed array in a list': () =>
      same(list(torch.tensor([Float32Array.of(1, 2), Float32Array.of(3, 4)])), [
        [1, 2],
        [3, 4],
      ]),
    'a DataView is refused': () => caught(() => torch.from_numpy(new DataView(new ArrayBuffer(4)))),
    'an ArrayBuffer': () => same(list(torch.frombuffer(new ArrayBuffer(8), { dtype: torch.int32 })), [0, 0]),
    'memory that a tensor shares is not transferred': () => {
      const array = Float32Array.of(1, 2)
      const tensor = torch.from_numpy(array)
      array[0] = 5
      same(list(tensor), [5, 2])
      if (typeof array.buffer.transfer === 'function') caught(() => array.buffer.transfer())
    },
    'a state dict as an object': () => {
      const layer = new nn.Linear(1, 1)
      layer.load_state_dict({ weight: torch.full([1, 1], 2), bias: torch.zeros(1) })
      same(list(layer.weight), [[2]])
    },
    'a state dict as a Map': () => {
      const layer = new nn.Linear(1, 1)
      layer.load_state_dict(
        new Map([
          ['weight', torch.full([1, 1], 2)],
          ['bias', torch.zeros(1)],
        ]),
      )
      same(list(layer.weight), [[2]])
    },
    'an optimizer of an array and of groups': () => {
      const layer = new nn.Linear(1, 1)
      same(new optim.SGD(layer.parameters(), { lr: 0.1 }).param_groups[0].lr, 0.1)
      same(
        new optim.Adam([{ params: [layer.weight], lr: 1 }, { params: [layer.bias] }], {
          lr: 2,
        }).param_groups.map((g) => g.lr),
        [1, 2],
      )
      same(
        /sets/.test(caught(() => new optim.SGD([{ params: new Set([layer.weight]) }], { lr: 1 })).message),
        true,
      )
    },
    "an optimizer's state": () => {
      const make = () => new optim.SGD([new nn.Parameter(torch.ones(1))], { lr: 0.1, momentum: 0.9 })
      const state = make().state_dict()
      make().load_state_dict({ state: {}, param_groups: state.param_groups.map((group) => ({ ...group })) })
    },
    'modules by name, in an object': () => {
      same(Object.keys(new nn.ModuleDict({ a: new nn.ReLU() }).state_dict()), [])
      same([...new nn.ParameterDict({ a: new nn.Parameter(torch.ones(1)) }).keys()], ['a'])
      same([...new nn.ParameterDict(new Map([['a', new nn.Parameter(torch.ones(1))]])).keys()], ['a'])
    },
    'deepcopy of each kind': () => {
      const value = {
        list: [torch.ones(1)],
        map: new Map([['a', 1]]),
        set: new Set([1]),
        date: new Date(5),
        at: /a/g,
        bytes: Uint8Array.of(1),
      }
      const copy = torch.deepcopy(value)
      same(list(copy.list[0]), [1])
      same(
        [copy.map.get('a'), copy.set.has(1), +copy.date, copy.at.source, copy.bytes[0]],
        [1, true, 5, 'a', 1],
      )
      copy.map.set('a', 2)
      copy.list[0].fill_(2)
      same([value.map.get('a'), list(value.list[0])], [1, [1]])
    },
    'a collated batch': () => {
      const batch = utils.data.default_collate([
        { x: [1, 2], m: new Map([['a', Float32Array.of(1)]]) },
        { x: [3, 4], m: new Map([['a', Float32Array.of(2)]]) },
      ])
      same(
        [batch.x.map(list), list(batch.m.get('a'))],
        [
          [
            [1, 3],
            [2, 4],
          ],
          [[1], [2]],
        ],
      )
    },
    'a loader over an array of objects': () => {
      const loader = new utils.data.DataLoader([{ x: 1 }, { x: 2 }], { batch_size: 2 })
      same(
        [...loader].map((batch) => list(batch.x)),
        [[1, 2]],
      )
    },
    'a loader over promises': async () => {
      class Slow extends utils.data.Dataset {
        length = 2
        at(i) {
          return new Promise((done) => timers(() => done(i), 1))
        }
      }
      const seen = []
      for await (const batch of new utils.data.DataLoader(new Slow(), { batch_size: 2 }))
        seen.push(list(batch))
      same(seen, [[0, 1]])
      const stacked = new utils.data.StackDataset(new Slow(), [5, 6])
      for await (const batch of new utils.data.DataLoader(stacked, { batch_size: 2 }))
        same(batch.map(list), [
          [0, 1],
          [5, 6],
        ])
      for await (const batch of new utils.data.DataLoader(new utils.data.Subset(new Slow(), [1]), {
        batch_size: 1,
      }))
        same(list(batch), [1])
    },
    'no_grad around an async function': async () => {
      let waiting
      await torch.no_grad(async () => {
        waiting = torch.is_grad_enabled()
        await new Promise((done) => timers(done, 1))
        same(torch.is_grad_enabled(), false)
      })
      same([waiting, torch.is_grad_enabled()], [false, true])
    },
    'scopes keep what is returned': () => {
      const kept = torch.scope(() => ({
        a: torch.ones(1),
        b: [torch.zeros(1)],
        c: new Map([['x', torch.ones(1)]]),
        d: new Set([torch.ones(1)]),
      }))
      same([list(kept.a), list(kept.b[0]), list(kept.c.get('x')), list([...kept.d][0])], [[1], [0], [1], [1]])
    },
    'vmap and grad over objects': () => {
      same(list(torch.func.vmap((p) => p.a.add(p.b))({ a: torch.ones(2), b: torch.ones(2) })), [2, 2])
      const grads = torch.func.grad((p) => p.w.mul(p.w).sum())({ w: torch.ones(2) })
      same(list(grads.w), [2, 2])
    },
    'functional_call with an object and a Map': () => {
      const layer = new nn.Linear(1, 1, { bias: false })
      same(list(torch.func.functional_call(layer, { weight: torch.full([1, 1], 3) }, torch.ones(1, 1))), [
        [3],
      ])
      same(
        list(
          torch.func.functional_call(layer, new Map([['weight', torch.full([1, 1], 3)]]), torch.ones(1, 1)),
        ),
        [[3]],
      )
    },
    'a file of each kind': () => {
      const value = {
        list: [1, 'a', null, true, 2.5],
        nested: { t: torch.ones(2) },
        map: new Map([[1, 'x']]),
        set: new Set(['y']),
        bytes: Uint8Array.of(1, 2),
      }
      const file = `${folder}/file.pt`
      torch.save(value, file)
      const back = torch.load(file)
      same(
        [list(back.nested.t), back.list, [...back.set], Array.from(back.bytes)],
        [[1, 1], [1, 'a', null, true, 2.5], ['y'], [1, 2]],
      )
      torch.load(file, { map_location: { cuda: 'cpu' } })
      torch.load(file, { map_location: new Map([['cuda', 'cpu']]) })
      torch.safetensors.save_file({ a: torch.ones(1) }, `${folder}/file.safetensors`)
    },
    'a file in memory': () => {
      const file = `${folder}/bytes.pt`
      torch.save([torch.ones(1)], file)
      const bytes = read(file)
      same(list(torch.load(bytes)[0]), [1])
      same(list(torch.load(bytes.buffer)[0]), [1])
    },
    'assert_close of each kind': () => {
      const { assert_close } = torch.testing
      assert_close({ a: [1, torch.ones(1)] }, { a: [1, torch.ones(1)] })
      assert_close(new Map([['a', 1]]), new Map([['a', 1]]))
      assert_close(Float32Array.of(1), Float32Array.of(1))
      same(caught(() => assert_close({ a: 1 }, { a: 2 })).name, 'AssertionError')
    },
    'an Error of forward keeps its class': () => {
      class Mine extends Error {}
      class Bad extends nn.Module {
        forward() {
          throw new Mine('mine')
        }
      }
      same(caught(() => new Bad()(torch.ones(1))) instanceof Mine, true)
      class Fails extends utils.data.Dataset {
        length = 1
        at() {
          throw new Mine('mine')
        }
      }
      same(caught(() => [...new utils.data.DataLoader(new Fails())]) instanceof Mine, true)
    },
    'an Error in a hook keeps its class': () => {
      class Mine extends RangeError {}
      const x = torch.ones(1, { requires_grad: true })
      x.register_hook(() => {
        throw new Mine('mine')
      })
      same(caught(() => x.mul(2).sum().backward()) instanceof Mine, true)
    },
    'errors of PyTorch are of the classes that the package exports': () => {
      same(caught(() => torch.ones(2).add(torch.ones(3))) instanceof torch.RuntimeError, true)
      same(caught(() => torch.zeros([2], { dtpye: torch.int64 })).name, 'TypeError')
    },
    'signals of this realm stop a call': async () => {
      const control = new AbortController()
      control.abort()
      let stopped = false
      try {
        await new nn.Linear(1, 1).call_async(torch.ones(1, 1), { signal: control.signal })
      } catch {
        stopped = true
      }
      same(stopped, true)
    },
    'indices in arrays and masks': () => {
      const x = torch.arange(6).reshape(2, 3)
      same([list(x.at([0, 1], [1, 2])), list(x.at(0, 'x'.length))], [[1, 5], 1])
      x.set_at([0, 0], 9)
      same(x.at(0, 0).item(), 9)
    },
    'a step that gives metrics': async () => {
      const model = new nn.Linear(1, 1)
      const trainer = new torch.Trainer(model, new optim.SGD(model.parameters(), { lr: 0.1 }), {
        max_steps: 1,
      })
      await trainer.fit([torch.ones(1, 1)], async (x) => ({ loss: model(x).sum(), extra: 1 }))
      same(trainer.global_step, 1)
    },
    distributions: () =>
      same(
        list(new torch.distributions.Normal(torch.zeros(1), torch.ones(1), { validate_args: true }).mean),
        [0],
      ),
    collections: () =>
      same(
        Object.keys(new torch.OrderedDict({ a: 1 })).length,
        Object.keys(new torch.OrderedDict([['a', 1]])).length,
      ),
  }
}
