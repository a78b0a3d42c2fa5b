import { describe, expect, it } from 'vitest'
import { read_sources } from '../../scripts/generate/locate.mjs'
import { numbers_as_tensors, private_functions } from '../../scripts/generate/manual.mjs'
import { build_face } from '../../scripts/generate/model.mjs'
import { keyword_parameters, type Overload, positional_parameters } from '../../scripts/generate/order.mjs'
import { live_torch, run_python } from '../helpers/python.js'

/** What a live PyTorch shows, with the parameters of every overload as its complaint about a wrong call lists them. */
const script = `
import json, re, torch

PRIVATE = r'${private_functions.source}'

class Nothing: pass

def parameters(text):
    names = []
    for part in re.split(r', (?![^()]*\\))', text.strip()[1:-1]):
        name = part.split(' = ')[0].split(' ')[-1]
        if name: names.append(name)
    return names

def overloads(f):
    try: f(*[Nothing()] * 70)
    except TypeError as e: _, found, expected = str(e).partition('but expected')
    except Exception: return None
    else: return None
    if not found: return None
    if not expected.lstrip().startswith('one of'): return [parameters(expected)]
    return [parameters(line.strip()[2:]) for line in expected.split('\\n')[1:] if line.strip()]

def show(owner, wanted=lambda f: True, bind=lambda f: f):
    names = [n for n in dir(owner) if not n.startswith('_') or owner is C._VariableFunctions and re.search(PRIVATE, n)]
    return {n: overloads(bind(getattr(owner, n))) for n in names if wanted(getattr(owner, n))}

def takes_numbers(f):
    try: f(1, 2)
    except TypeError: return False
    except Exception: pass
    return True

C = torch._C
base, t = C.TensorBase, torch.zeros(2)
shown = {
    'torch': show(C._VariableFunctions),
    'Tensor': show(base, lambda f: type(f).__name__ == 'method_descriptor', lambda f: f.__get__(t)),
    **{n: show(getattr(C, '_' + n)) for n in ['linalg', 'fft', 'special', 'nn', 'sparse', 'nested']},
}
numbers = [n for n in shown['torch'] if takes_numbers(getattr(C._VariableFunctions, n))]
in_place = [n for n in shown['Tensor'] if n.endswith('_')]
numbers += [n for n in in_place if takes_numbers(lambda a, b: getattr(torch.ones(2), n)(b))]
print(json.dumps({'shown': shown, 'numbers': numbers}))
`

type Shown = Record<string, Record<string, string[][] | null>>
const live = live_torch()

describe.skipIf(!live)('the face against a live PyTorch', () => {
  const face = build_face(read_sources())
  const { shown, numbers } = (live ? run_python(script) : { shown: {}, numbers: [] }) as {
    shown: Shown
    numbers: string[]
  }
  const of = (space: string) =>
    space === 'Tensor' ? face.methods : face.functions[space as keyof typeof face.functions]
  const short = (space: string, name: string) => name.replace(new RegExp(`^${space}_`), '')

  it.each(['torch', 'Tensor', 'linalg', 'fft', 'special', 'nn', 'sparse', 'nested'])(
    '%s has every name',
    (space) => {
      const missing = Object.keys(shown[space] ?? {}).filter((name) => {
        const own = short(space, name)
        return !own.startsWith('_') && !of(space).has(own) && !face.by_hand[space]?.includes(name)
      })
      expect(missing).toEqual(space === 'nested' ? ['nested_tensor'] : [])
    },
  )

  it('shows nothing that Python does not', () => {
    expect([...face.functions.torch.keys()].filter((name) => !(name in (shown['torch'] ?? {})))).toEqual([])
    expect([...face.methods.keys()].filter((name) => !(name in (shown['Tensor'] ?? {})))).toEqual([])
  })

  it('tries overloads in its order', () => {
    // bound by hand, with a keyword or a name of their own
    const differ = /^(sparse_\w+_tensor|copy_|nonzero)$/
    const options = new Set(['*', 'out', 'dtype', 'layout', 'device', 'pin_memory', 'requires_grad'])
    const parameters = ({ base }: Overload, method: boolean) =>
      [...positional_parameters(base, method), ...keyword_parameters(base)].map(({ name, kind }) =>
        name === 'self' && kind.base === 'Tensor' && !kind.list && !method ? 'input' : name,
      )
    const wrong: string[] = []
    let compared = 0
    for (const [space, names] of Object.entries(shown)) {
      for (const [name, theirs] of Object.entries(names)) {
        const ours = of(space).get(short(space, name))
        if (ours === undefined || theirs === null || differ.test(name)) continue
        const text = (overloads: string[][]) =>
          overloads.map((one) => one.filter((p) => !options.has(p)).join(' ')).join('; ')
        const mine = text(ours.map((overload) => parameters(overload, space === 'Tensor')))
        if (mine !== text(theirs)) wrong.push(`${space}.${name}: ${mine} instead of ${text(theirs)}`)
        compared++
      }
    }
    expect(wrong).toEqual([])
    expect(compared).toBeGreaterThan(300)
  })

  it('takes numbers for tensors where it does', () => {
    const starts_with_tensor = ({ base }: Overload, method: boolean) => {
      const [first] = positional_parameters(base, method)
      return first?.kind.text === 'Tensor'
    }
    const of_name = (name: string) =>
      (name.endsWith('_') ? face.methods : face.functions.torch).get(name) ?? []
    // an overload with a number in that place would take it anyway
    const telling = (name: string) =>
      of_name(name).length > 0 &&
      of_name(name).every((overload) => starts_with_tensor(overload, name.endsWith('_')))
    const taken = numbers.filter(telling).sort()
    expect(taken).toEqual([...numbers_as_tensors].filter(telling).sort())
    expect(taken).toEqual(
      expect.arrayContaining(['add', 'add_', 'copy_', 'divide', 'floor_divide', 'true_divide']),
    )
    expect(numbers).toEqual(expect.arrayContaining([...numbers_as_tensors]))
  })
})
