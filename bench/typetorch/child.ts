import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

/** The flags that every bench program understands: `--side 8 --iterations 100 --warmup 10 --threads 2 --samples 0 --workload gpt --sizes '{}'`. */
export function read_flags() {
  const text = { type: 'string' } as const
  const options = {
    side: text,
    iterations: text,
    warmup: text,
    threads: text,
    samples: text,
    workload: text,
    sizes: text,
  }
  const { values } = parseArgs({ options })
  const number = (value: string | undefined, fallback: number) =>
    value === undefined ? fallback : Number(value)
  return {
    side: number(values.side, 8),
    iterations: number(values.iterations, 1000),
    warmup: number(values.warmup, 100),
    threads: number(values.threads, 1),
    samples: number(values.samples, 0),
    workload: values.workload ?? '',
    sizes: JSON.parse(values.sizes ?? '{}') as Record<string, number>,
  }
}

/** The most memory that this process has held, in MB. (`maxRSS` would also count the parent before exec.) */
export function peak_megabytes(): number {
  const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return Number(found?.[1]) / 1024
}
