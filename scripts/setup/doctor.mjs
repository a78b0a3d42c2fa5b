import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { addon_path } from './build.mjs'
import { cache_folder, LINK, own_command, RECORD } from './config.mjs'
import { look } from './find.mjs'
import { manifest_problem } from './manifest.mjs'
import { check_platform, describe_platform, nvidia_driver } from './platform.mjs'
import { fitting_prebuilt, PREBUILT } from './prebuilt.mjs'
import { run_step, SetupError, version_line, which } from './report.mjs'

/** The widest vector instructions that LibTorch will choose, by its own three names. */
export function processor(cpuinfo = fs.readFileSync('/proc/cpuinfo', 'utf8')) {
  const flags = new Set(/^flags\s*:\s*(.*)$/m.exec(cpuinfo)?.[1]?.split(' ') ?? [])
  const all = (...names) => names.every((name) => flags.has(name))
  let capability = 'DEFAULT'
  if (all('avx2', 'fma')) capability = 'AVX2'
  if (capability === 'AVX2' && all('avx512f', 'avx512bw', 'avx512vl', 'avx512dq')) capability = 'AVX512'
  return { model: /^model name\s*:\s*(.*)$/m.exec(cpuinfo)?.[1] ?? 'unknown', capability }
}

/** The libraries that the loader does not find for a binary, by name. */
export function missing_libraries(file, env = process.env) {
  const { stdout = '', status } = spawnSync('ldd', [file], { encoding: 'utf8', env })
  if (status === null) return []
  return [...(stdout ?? '').matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1])
}

/** Loads a library in a process of its own: null when it loads, else the loader's first line. */
export function load_problem(file) {
  const code = `
    const [file] = process.argv.slice(1)
    try { process.dlopen({ exports: {} }, file) } catch (e) {
      if (!e.message.includes('did not self-register')) { process.stderr.write(e.message); process.exit(1) }
    }`
  const { status, signal, stderr } = spawnSync(process.execPath, ['-e', code, file], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  if (status === 0) return null
  return stderr.split('\n')[0] || `it ended with ${signal ?? `exit code ${status}`}`
}

function examine_addon() {
  const candidates = [addon_path(), PREBUILT].filter((file) => fs.existsSync(file))
  const file = candidates.find((name) => name === addon_path()) ?? fitting_prebuilt() ?? candidates[0]
  if (!file) return { path: null, problem: 'no addon is built' }
  const [missing] = missing_libraries(file)
  if (missing) return { path: file, problem: `${missing} is not found` }
  return { path: file, problem: load_problem(file) }
}

/** Why the LibTorch that set-up settled on cannot be used any more, or null. */
export function record_problem({ path: where, how }) {
  if (!fs.existsSync(path.join(where, 'lib/libtorch_cpu.so'))) return 'is no longer there'
  return how === 'cache' ? manifest_problem(path.dirname(where)) : null
}

/** Everything that set-up asks of the machine, as plain data. */
export function examine(env = process.env) {
  const machine = describe_platform()
  let platform_problem = null
  try {
    check_platform(machine)
  } catch (error) {
    platform_problem = error.message
  }
  const record = fs.existsSync(RECORD) ? JSON.parse(fs.readFileSync(RECORD, 'utf8')) : null
  const looked = look(env, { all: true })
  if (record) record.problem = record_problem(record)
  const addon = examine_addon()
  const tools = {
    cmake: version_line('cmake'),
    ninja: version_line('ninja'),
    'c++': version_line('g++') ?? version_line('clang++'),
    ccache: version_line('ccache'),
    python: version_line('python3'),
    pip: version_line('python3', ['-m', 'pip', '--version']),
  }
  const problems = []
  if (platform_problem) problems.push(platform_problem)
  if (!record) problems.push(`no LibTorch has been settled on; do it with: ${own_command('setup')}`)
  else if (record.problem)
    problems.push(`LibTorch ${record.path} ${record.problem}; look again with: ${own_command('setup')}`)
  if (addon.problem)
    problems.push(`the addon does not load (${addon.problem}); mend it with: ${own_command('setup')}`)
  return {
    usable: problems.length === 0,
    problems,
    machine: {
      ...machine,
      ...processor(),
      threads: os.availableParallelism(),
      memory_gib: Math.round(os.totalmem() / 2 ** 30),
      nvidia_driver: nvidia_driver(),
      nvidia_gpus: which('nvidia-smi') ? (version_line('nvidia-smi', ['-L']) ?? 'none') : null,
    },
    libtorch: {
      looked,
      record,
      link: fs.existsSync(LINK) ? fs.realpathSync(LINK) : null,
      cache: cache_folder(env),
    },
    addon,
    tools,
  }
}

function table(rows) {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2
  return rows.map(([name, value]) => `  ${name.padEnd(width)}${value}`).join('\n')
}

/** The same as text for a terminal. */
export function render(report) {
  const { machine, libtorch, addon, tools } = report
  const looked = libtorch.looked.map((entry) => [
    entry.how,
    entry.problem === null
      ? `${entry.path}: ${entry.version} (${entry.variant})`
      : entry.path
        ? `${entry.path} ${entry.problem}`
        : entry.problem,
  ])
  const used = libtorch.record
    ? `${libtorch.record.path}: ${libtorch.record.version} (${libtorch.record.variant})${libtorch.record.problem ? `, ${libtorch.record.problem}` : ''}`
    : 'none yet'
  return [
    'Machine',
    table([
      ['platform', `${machine.platform}-${machine.arch}, glibc ${machine.glibc ?? 'none'}`],
      ['Node', `${machine.node}, Node-API ${machine.napi}`],
      ['processor', `${machine.model}, ${machine.capability}`],
      ['threads', `${machine.threads}, ${machine.memory_gib} GiB of memory`],
      [
        'CUDA',
        machine.nvidia_driver
          ? `driver ${machine.nvidia_driver}, ${machine.nvidia_gpus ?? 'no nvidia-smi'}`
          : 'no NVIDIA driver',
      ],
    ]),
    'LibTorch, in the order in which it is looked for',
    table([...looked, ['in use', used]]),
    'Addon',
    table([
      [
        addon.problem ? 'fails' : 'loads',
        `${addon.path ?? ''}${addon.problem ? ` ${addon.problem}` : ''}`.trim(),
      ],
    ]),
    'Tools (needed only to build)',
    table(Object.entries(tools).map(([name, version]) => [name, version ?? 'missing'])),
    report.usable ? 'typetorch is usable.' : report.problems.join('\n'),
  ].join('\n')
}

export async function doctor({ json = false } = {}) {
  const report = examine()
  process.stdout.write(`${json ? JSON.stringify(report, null, 2) : render(report)}\n`)
  process.exitCode = report.usable ? 0 : 1
}

const HELP = `Usage: doctor [--json]

Prints what set-up looked for and found: the machine, LibTorch, the addon and the tools.
Exit code 0 when typetorch is usable, 1 when it is not.

  --json  the same as one JSON object
  --help  this text
`

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await run_step(async () => {
    let values
    try {
      values = parseArgs({
        options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
      }).values
    } catch (error) {
      throw new SetupError(
        `${error.message.split('.')[0]}; see the options with: ${own_command('doctor')} -- --help`,
      )
    }
    if (values.help) process.stdout.write(HELP)
    else await doctor(values)
  })
}
