import { Dice } from './dice.mjs'
import { targets } from './targets.mjs'
import { any_value, new_context, value_for } from './values.mjs'

const has_python = (values) => values.every(({ py }) => py !== null)

function join_arguments(positional, keywords) {
  const js = positional.map((value) => value.js)
  const py = positional.map((value) => value.py)
  if (keywords.length > 0) {
    js.push(`{ ${keywords.map(([name, value]) => `${name}: ${value.js}`).join(', ')} }`)
    py.push(`**{${keywords.map(([name, value]) => `'${name}': ${value.py}`).join(', ')}}`)
  }
  const known = has_python(positional) && has_python(keywords.map(([, value]) => value))
  return { js: js.join(', '), py: known ? py.join(', ') : null }
}

function arguments_by_schema(dice, parameters, context, wrong) {
  const positional = []
  const keywords = []
  let by_name = false
  for (const parameter of parameters) {
    if (!parameter.required && !dice.chance(parameter.keyword_only ? 0.25 : 0.45)) {
      by_name = true
      continue
    }
    const value = value_for(dice, parameter, context, wrong)
    if (parameter.keyword_only || by_name) keywords.push([parameter.name, value])
    else positional.push(value)
  }
  if (dice.chance(0.02)) keywords.push(['nonsense', any_value(dice, context)])
  return join_arguments(positional, keywords)
}

function any_arguments(dice, length, context) {
  const values = Array.from({ length: dice.below(length + 3) }, () => any_value(dice, context))
  return join_arguments(values, dice.chance(0.1) ? [['dim', any_value(dice, context)]] : [])
}

/** The call of a number: its text in JavaScript, and in Python where that has its like. */
export function make_call(seed, number) {
  const dice = new Dice(seed, number)
  const target = dice.pick(targets)
  const context = new_context(dice)
  const mode = dice.weighted([
    [6, 0],
    [3, 0.25],
    [1, 'any'],
  ])
  const given =
    target.kind === 'setter'
      ? join_arguments([any_value(dice, context)], [])
      : target.schemas.length === 0 || mode === 'any'
        ? any_arguments(dice, target.length, context)
        : arguments_by_schema(dice, dice.pick(target.schemas), context, mode)
  const what = dice.weighted([
    [5, ''],
    [2, 'print'],
    [3, 'backward'],
    [1, 'clone'],
  ])
  const self = value_for(dice, { kind: 'Tensor', nullable: false }, context, 0)
  const forms = {
    function: (args) => `${target.path}(${args})`,
    class: (args) => `new ${target.path}(${args})`,
    method: (args, on) => `${on}.${target.path}(${args})`,
    property: (_, on) => `${on}.${target.path}`,
    setter: (args, on) => `${on}.${target.path} = ${args}`,
  }
  const form = forms[target.kind]
  const wrap = (text) => (what === '' ? text : `then(${text}, '${what}')`)
  const on_python = /^(method|property)$/.test(target.kind) ? self.py !== null : target.kind === 'function'
  return {
    name: target.kind === 'function' || target.kind === 'class' ? target.path : `Tensor.${target.path}`,
    js: wrap(form(given.js, self.js)),
    py: given.py === null || !on_python ? null : wrap(form(given.py, self.py)),
  }
}
