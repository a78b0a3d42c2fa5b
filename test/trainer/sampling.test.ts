import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('sampling-program.ts', import.meta.url))

test('requests that sample from the averages share them, and change no bit of the training', async () => {
  const args = ['--import', 'tsx', program, '--seconds', '5', '--every_ms', '30']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (data) => {
    text += String(data)
  })
  expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0)
  const result = JSON.parse(text) as Record<string, number | boolean>
  expect(result).toMatchObject({ losses_equal: true, weights_equal: true, val_losses_equal: true })
  expect(result['samples']).toBeGreaterThan(20)
  expect(result['most_at_a_time']).toBeGreaterThan(1)
}, 120_000)
