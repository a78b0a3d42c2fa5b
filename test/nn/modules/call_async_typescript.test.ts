import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('call_async_program.ts', import.meta.url))

function run(): Promise<{ code: number | null; output: string; errors: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', program], { stdio: ['ignore', 'pipe', 'pipe'] })
    let [output, errors] = ['', '']
    child.stdout.on('data', (chunk) => {
      output += String(chunk)
    })
    child.stderr.on('data', (chunk) => {
      errors += String(chunk)
    })
    child.on('close', (code) => resolve({ code, output, errors }))
  })
}

test('call_async with a TypeScript worker_module is as fast in its 500th call as in its 100th', async () => {
  const { code, output, errors } = await run()
  expect([code, errors]).toEqual([0, ''])
  const { first, last, sum } = JSON.parse(output) as { first: number; last: number; sum: number }
  expect(sum).toBe(500 * 6)
  // The first hundred include the thread's start; a loader for each call made it 6 in 3 hundreds, and 40 in the end.
  expect(last / first, `${last} ms after ${first} ms`).toBeLessThan(2)
}, 120_000)
