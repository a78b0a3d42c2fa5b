import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { addon_path, build_addon } from './setup/build.mjs'
import { ROOT } from './setup/config.mjs'
import { run_step, SetupError } from './setup/report.mjs'

await run_step(async () => {
  await build_addon({ variant: 'asan' })
  const runtime = spawnSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).stdout.trim()
  if (!path.isAbsolute(runtime))
    throw new SetupError('the AddressSanitizer runtime is missing; get it with: apt-get install libasan8')
  const vitest = path.join(ROOT, 'node_modules/vitest/vitest.mjs')
  const { status } = spawnSync(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: 'inherit',
    // V8 keeps memory on purpose until the process ends: leaks are looked for by test/leak instead.
    env: {
      ...process.env,
      TYPETORCH_ADDON: addon_path('asan'),
      LD_PRELOAD: runtime,
      // What was freed waits in a quarantine, whose 256 MB tests of memory would take for a leak. Memory that there is not is
      // refused, as elsewhere, and not a report.
      ASAN_OPTIONS: 'detect_leaks=0,handle_segv=0,quarantine_size_mb=32,allocator_may_return_null=1',
      // Its reports would otherwise be lines that no test sees.
      UBSAN_OPTIONS: 'halt_on_error=1,print_stacktrace=1',
    },
  })
  process.exitCode = status ?? 1
})
