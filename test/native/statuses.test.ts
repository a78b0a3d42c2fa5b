import { describe, expect, it } from 'vitest'
import { unchecked_calls, unchecked_in_native } from '../../scripts/napi-statuses.mjs'

const calls = (source: string) => unchecked_calls(source).map(({ call }) => call)

describe('statuses of Node-API', () => {
  it('are all looked at in native/', () => {
    expect(unchecked_in_native()).toEqual([])
  })

  it.each([
    ['{ napi_throw(env, error); }', 'a statement'],
    ['if (ok) napi_throw(env, error);', 'what follows a condition'],
    ['else napi_throw(env, error);', 'what follows else'],
    ['(void)napi_throw(env, error);', 'a cast to void'],
    ['f(), napi_throw(env, error);', 'what follows a comma'],
    ['static_cast<void>(napi_throw(env, error));', 'another cast to void'],
    ['call([&] { napi_throw(env, error); });', 'the body of a lambda'],
    ['ok ? napi_throw(env, a) : napi_throw(env, b);', 'both sides of a choice'],
    ['"checked(env, "; napi_throw(env, error);', 'what follows a text that looks like the check'],
    ['// checked(env,\nnapi_throw(env, error);', 'what follows a comment that looks like the check'],
  ])('finds %s, %s', (source) => {
    expect(calls(source)).toContain('napi_throw')
  })

  it.each([
    'checked(env, napi_throw(env, error));',
    'checked(info.Env(), napi_throw(env, error));',
    'checked(env, ok ? napi_a(env) : napi_b(env));',
    'discard(napi_throw(env, error));',
    'if (napi_throw(env, error) != napi_ok) return;',
    'if (!(napi_ok == napi_throw(env, error))) return;',
    'const napi_status status = napi_throw(env, error);',
    'return napi_throw(env, error) == napi_ok && object == nullptr;',
    'return a && napi_get(f(g(x)), &y) == napi_ok;',
    'napi_value result; napi_ref reference;',
    '// napi_throw(env, error);',
  ])('leaves %s', (source) => {
    expect(calls(source)).toEqual([])
  })

  it('says on which line', () => {
    expect(unchecked_calls('int a;\n\nvoid f() {\n  napi_throw(env, error);\n}')).toEqual([
      { line: 4, call: 'napi_throw' },
    ])
  })
})
