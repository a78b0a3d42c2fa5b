import { default_device, makes_tensors, with_default_device } from '../default_device.js'
import { has_own, own_value } from '../own.js'
import type { Tensor } from '../tensor.js'
import { MOST_LETTERS } from './compile.js'
import { complain } from './complaint.js'
import { numbers_as_tensors } from './generated/face.js'
import { is_options } from './keywords.js'
import { type Call, type Mismatch, match } from './match.js'
import { make_plan, type Plan, run, run_kept } from './plan.js'
import { type Overload, overload_of } from './schema.js'
import { ANEW, TENSOR, tag_of } from './tags.js'

type Keywords = Readonly<Record<string, unknown>>

// In a loop over an object's keys V8 asks this for nothing; Object.hasOwn takes as long as the loop.
const { hasOwnProperty: has_own_key } = Object.prototype

/** What is kept of the calls whose values are of the same kinds; keywords lead on from one to the next. */
interface Kept {
  plan: Plan | undefined
  by_keyword: Map<string, (Kept | undefined)[]>
}

const node = (): Kept => ({ plan: undefined, by_keyword: new Map() })

/** Where a value leads; undefined for one that is looked at anew at every call. */
function next(from: Kept, keyword: string, value: unknown): Kept | undefined {
  const tag = tag_of(value)
  if (tag === ANEW || (keyword === 'out' && tag !== TENSOR)) return undefined
  let by_tag = from.by_keyword.get(keyword)
  if (by_tag === undefined) from.by_keyword.set(keyword, (by_tag = []))
  return (by_tag[tag] ??= node())
}

/** The overloads of one public name, and the plans of the calls seen so far. */
export class Resolver {
  private readonly kept = new Map<number, Kept>()
  private readonly long = node()
  private overloads: { overload: Overload; out: boolean; numbers: boolean }[] | undefined
  private last_key = -1
  private last: Kept | undefined

  /**
   * @param name what errors call it
   * @param facts "add.Tensor >add.out": what is tried in order, after `>` only with out=
   * @param namespace the dispatcher's namespace
   * @param receiver 1 for a method, whose first argument is its tensor
   */
  constructor(
    readonly name: string,
    private readonly facts: string,
    private readonly namespace: string,
    private readonly receiver: 0 | 1,
  ) {}

  private all() {
    this.overloads ??= this.facts.split(' ').map((fact) => {
      const out = fact.startsWith('>')
      const aten = out ? fact.slice(1) : fact
      return {
        overload: overload_of(`${this.namespace}::${aten}`),
        out,
        numbers: this.namespace === 'aten' && numbers_as_tensors.has(aten.replace(/\..*/, '')),
      }
    })
    return this.overloads
  }

  /** The first overload that takes the call; throws where none does. */
  private resolve(args: readonly unknown[], keywords: Keywords | null): Plan {
    const call: Call = { args, keywords, receiver: this.receiver }
    const out = (own_value(keywords, 'out') ?? null) !== null
    const candidates = this.all().filter((c) => c.out === out || (out && c.overload.outputs.length > 0))
    const tried = candidates.length > 0 ? candidates : this.all().filter((c) => !c.out)
    const mismatches: Mismatch[] = []
    for (const { overload, numbers } of tried) {
      const found = match(overload, call, numbers)
      if (found.fits) return make_plan(overload, found)
      mismatches.push(found)
    }
    throw complain(
      this.name,
      tried.map((c) => c.overload),
      mismatches,
      call,
    )
  }

  /** A call of up to five arguments. */
  call(count: number, a: unknown, b: unknown, c: unknown, d: unknown, e: unknown): unknown {
    if (default_device !== null && this.receiver === 0 && makes_tensors(this.name))
      return this.call_list(pack(count, a, b, c, d, e))
    let key = 1
    let seen = 0
    let tag = TENSOR
    if (count > 0) {
      key = (key << 4) | (tag = tag_of(a))
      seen = 1
    }
    if (count > 1 && tag !== ANEW) {
      key = (key << 4) | (tag = tag_of(b))
      seen = 2
    }
    if (count > 2 && tag !== ANEW) {
      key = (key << 4) | (tag = tag_of(c))
      seen = 3
    }
    if (count > 3 && tag !== ANEW) {
      key = (key << 4) | (tag = tag_of(d))
      seen = 4
    }
    if (count > 4 && tag !== ANEW) {
      key = (key << 4) | (tag = tag_of(e))
      seen = 5
    }
    if (tag === ANEW) {
      const last = count === 1 ? a : count === 2 ? b : count === 3 ? c : count === 4 ? d : e
      if (seen === count && is_options(last)) return this.call_keywords(key >> 4, count - 1, a, b, c, d, last)
      return this.call_list(pack(count, a, b, c, d, e))
    }
    let kept = key === this.last_key ? this.last! : this.kept.get(key)
    if (kept === undefined) this.kept.set(key, (kept = node()))
    this.last_key = key
    this.last = kept
    const { plan } = kept
    if (plan?.invoke !== undefined) return plan.invoke(a, b, c, d, e, null)
    return this.call_slowly(kept, pack(count, a, b, c, d, e), null)
  }

  private call_keywords(
    key: number,
    count: number,
    a: unknown,
    b: unknown,
    c: unknown,
    d: unknown,
    keywords: Keywords,
  ): unknown {
    let kept = this.kept.get(key)
    if (kept === undefined) this.kept.set(key, (kept = node()))
    for (const keyword in keywords) {
      if (!has_own_key.call(keywords, keyword)) continue
      const following = next(kept, keyword, keywords[keyword])
      if (following === undefined) {
        const args = pack(count, a, b, c, d, undefined)
        return run(this.resolve(args, keywords), args, keywords)
      }
      kept = following
    }
    const { plan } = kept
    if (plan?.invoke !== undefined) return plan.invoke(a, b, c, d, undefined, keywords)
    return this.call_slowly(kept, pack(count, a, b, c, d, undefined), keywords)
  }

  /** A call whose plan is not made or not compiled yet. */
  private call_slowly(kept: Kept, args: readonly unknown[], keywords: Keywords | null): unknown {
    let { plan } = kept
    if (plan === undefined) {
      plan = this.resolve(args, keywords)
      if (!numbers_are_numbers(plan, args, keywords)) return run(plan, args, keywords)
      kept.plan = plan
    }
    return run_kept(plan, args, keywords)
  }

  /** Any call: many arguments, values that are looked at anew each time. */
  call_list(args: readonly unknown[]): unknown {
    let keywords = args[args.length - 1]
    if (default_device !== null && this.receiver === 0) {
      const given = is_options(keywords) ? keywords : null
      const changed = with_default_device(this.name, given)
      if (changed !== null) {
        args = [...(given === null ? args : args.slice(0, -1)), changed]
        keywords = changed
      }
    }
    if (!is_options(keywords)) return this.call_long(args, null)
    return this.call_long(args.slice(0, -1), keywords)
  }

  // An argument by position leads on from one to the next as a keyword does that has no name.
  private call_long(args: readonly unknown[], keywords: Keywords | null): unknown {
    let kept: Kept | undefined
    if (args.length > MOST_LETTERS) {
      kept = this.long
      for (let i = 0; i < args.length && kept !== undefined; i++) kept = next(kept, '', args[i])
      for (const keyword in keywords) {
        if (!has_own_key.call(keywords, keyword)) continue
        if (kept !== undefined) kept = next(kept, keyword, keywords[keyword])
      }
    }
    if (kept === undefined) return run(this.resolve(args, keywords), args, keywords)
    const { plan } = kept
    if (plan?.invoke !== undefined)
      return plan.invoke(args, undefined, undefined, undefined, undefined, keywords)
    return this.call_slowly(kept, args, keywords)
  }
}

function pack(count: number, a: unknown, b: unknown, c: unknown, d: unknown, e: unknown): unknown[] {
  return [a, b, c, d, e].slice(0, count)
}

/** Whether no 0-d tensor stands for a number: its dimensions are looked at anew at each call. */
function numbers_are_numbers(plan: Plan, args: readonly unknown[], keywords: Keywords | null): boolean {
  return plan.slots.every((slot, i) => {
    // Sizes given one by one: each is looked at.
    if (typeof slot === 'object' && has_own(slot, 'from')) return !args.slice(slot.from).some(is_tensor)
    const value =
      typeof slot === 'number'
        ? args[slot]
        : typeof slot === 'string'
          ? own_value(keywords!, slot)
          : undefined
    return !is_tensor(value) || plan.overload.parameters[i]!.kind === 'Tensor'
  })
}

function is_tensor(value: unknown): value is Tensor {
  return tag_of(value) === TENSOR
}
