import type { StepEnd } from './callback.js'

/** Shows how far training has come. */
export interface Progress {
  step(end: StepEnd): void
  stop(): void
}

/** A bar where standard output is a terminal, elsewhere a line every `log_every` steps. */
export async function make_progress(done: number, total: number, log_every: number): Promise<Progress> {
  return process.stdout.isTTY ? bar(done, total) : lines(log_every)
}

function lines(log_every: number): Progress {
  return {
    step({ step, loss }) {
      if (step % log_every === 0) console.log(`Iteration ${step}, Loss ${loss}`)
    },
    stop() {},
  }
}

async function bar(done: number, total: number): Promise<Progress> {
  // Loaded only where it is shown.
  const { default: cli_progress } = await import('cli-progress')
  const known = Number.isFinite(total)
  const format = known
    ? '{bar} {value}/{total} | loss {loss} | {duration_formatted}, {eta_formatted} left'
    : '{value} steps | loss {loss} | {duration_formatted}'
  const shown = new cli_progress.SingleBar(
    { format, stream: process.stdout, gracefulExit: false, hideCursor: null, etaBuffer: 50 },
    cli_progress.Presets.shades_classic,
  )
  shown.start(known ? total : Number.MAX_SAFE_INTEGER, done, { loss: '' })
  return {
    step({ step, loss }) {
      shown.update(step + 1, { loss: loss.toPrecision(4) })
    },
    stop() {
      shown.stop()
    },
  }
}
