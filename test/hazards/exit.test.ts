import { afterAll, describe, expect, it } from 'vitest'
import { type Ending, endings, fault, remove_copy, run_often, worker_endings } from './endings.js'

const RUNS = 5

afterAll(remove_copy)

async function expect_end(ending: Ending): Promise<void> {
  const ended = await run_often(ending, RUNS)
  expect(ended.map((one) => fault(ending, one))).toEqual(Array(RUNS).fill(undefined))
}

describe(`a process that ends with tensors alive, ${RUNS} times`, { timeout: 300_000 }, () => {
  it.each(endings)('$name', expect_end)
})

describe(`a process with worker threads, ${RUNS} times`, { timeout: 300_000 }, () => {
  it.each(worker_endings)('$name', expect_end)
})
