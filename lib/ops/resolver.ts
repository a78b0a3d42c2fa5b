import type { Tensor } from '../tensor.js'
import { complain } from './complaint.js'
import { numbers_as_tensors } from './generated/face.js'
import { is_options } from './keywords.js'
import { type Call, type Mismatch, match } from './match.js'
import { make_plan, type Plan, run, run_direct } from './plan.js'
import { type Overload, overload_of } from './schema.js'
import { ANEW, TENSOR, tag_of } from './tags.js'

type Keywords = Readonly<Record<string, unknown>>

/** Calls seen so far, by what their arguments and keywords are. */
interface Node {
  by_tag: (Node | undefined)[]
  by_keyword: Map<string, Node>
  plan?: Plan
}

const node = (): Node => ({ by_tag: [], by_keyword: new Map() })

function step(from: Node, tag: number): Node {
  return (from.by_tag[tag] ??= node())
}

function step_keyword(from: Node, keyword: string): Node {
  let found = from.by_keyword.get(keyword)
  if (found === undefined) from.by_keyword.set(keyword, (found = node()))
  return found
}

/** The overloads of one public name, and the plans of the calls seen so far. */
export class Resolver {
  private readonly plans = new Map<number, Plan>()
  private readonly keyword_plans = node()
  private overloads: { overload: Overload; out: boolean; numbers: boolean }[] | undefined
  private last_key = -1
  private last_plan: Plan | undefined

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
    const out = keywords?.['out'] !== undefined && keywords['out'] !== null
    const candidates = this.all().filter((c) => c.out === out || (out && c.overload.outputs.length > 0))
    const tried = candidates.length > 0 ? candidates : this.all().filter((c) => !c.out)
    const mismatches: Mismatch[] = []
    for (const { overload, numbers } of tried) {
      const found = match(overload, call, numbers)
      if ('slots' in found) return make_plan(overload, found)
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
    let key = 1
    let tag = TENSOR
    if (count > 0) key = (key << 4) | (tag = tag_of(a))
    if (count > 1 && tag !== ANEW) key = (key << 4) | (tag = tag_of(b))
    if (count > 2 && tag !== ANEW) key = (key << 4) | (tag = tag_of(c))
    if (count > 3 && tag !== ANEW) key = (key << 4) | (tag = tag_of(d))
    if (count > 4 && tag !== ANEW) key = (key << 4) | (tag = tag_of(e))
    if (tag === ANEW) return this.call_list([a, b, c, d, e].slice(0, count))
    let plan = key === this.last_key ? this.last_plan! : this.plans.get(key)
    if (plan === undefined) {
      const args = [a, b, c, d, e].slice(0, count)
      plan = this.resolve(args, null)
      if (!numbers_are_numbers(plan, args, null)) return run(plan, args, null)
      this.plans.set(key, plan)
    }
    this.last_key = key
    this.last_plan = plan
    if (plan.direct || plan.packed_from >= 0) return run_direct(plan, count, a, b, c, d, e)
    return run(plan, [a, b, c, d, e].slice(0, count), null)
  }

  /** Any call: keywords, many arguments, values that are looked at anew each time. */
  call_list(args: readonly unknown[]): unknown {
    const keywords = args[args.length - 1]
    if (!is_options(keywords)) return run(this.resolve(args, null), args, null)
    const positional = args.slice(0, -1)
    let at = this.keyword_plans
    for (let i = 0; i < positional.length; i++) {
      const tag = tag_of(positional[i])
      if (tag === ANEW) return run(this.resolve(positional, keywords), positional, keywords)
      at = step(at, tag)
    }
    for (const keyword in keywords) {
      const tag = tag_of(keywords[keyword])
      if (tag === ANEW || (keyword === 'out' && tag !== TENSOR))
        return run(this.resolve(positional, keywords), positional, keywords)
      at = step(step_keyword(at, keyword), tag)
    }
    let plan = at.plan
    if (plan === undefined) {
      plan = this.resolve(positional, keywords)
      if (numbers_are_numbers(plan, positional, keywords)) at.plan = plan
    }
    return run(plan, positional, keywords)
  }
}

/** Whether no 0-d tensor stands for a number: its dimensions are looked at anew at each call. */
function numbers_are_numbers(plan: Plan, args: readonly unknown[], keywords: Keywords | null): boolean {
  return plan.slots.every((slot, i) => {
    // Sizes given one by one: each is looked at.
    if (typeof slot === 'object' && 'from' in slot) return !args.slice(slot.from).some(is_tensor)
    const value =
      typeof slot === 'number' ? args[slot] : typeof slot === 'string' ? keywords![slot] : undefined
    return !is_tensor(value) || plan.overload.parameters[i]!.kind === 'Tensor'
  })
}

function is_tensor(value: unknown): value is Tensor {
  return tag_of(value) === TENSOR
}
