import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

/** What is missing and the command that brings it, in one sentence: shown without a trace. */
export class SetupError extends Error {
  name = 'SetupError'
}

export function say(text) {
  process.stderr.write(`typetorch: ${text}\n`)
}

/** Runs a step and turns whatever it throws into one line and exit code 1. */
export async function run_step(step) {
  try {
    await step()
  } catch (error) {
    say(error instanceof SetupError ? error.message : `${error.message ?? error}`)
    if (process.env.TYPETORCH_TRACE && error.stack) process.stderr.write(`${error.stack}\n`)
    process.exit(1)
  }
}

/** The full path of a program on the PATH, or null. */
export function which(program, env = process.env) {
  for (const folder of (env.PATH ?? '').split(path.delimiter)) {
    const candidate = path.join(folder || '.', program)
    try {
      fs.accessSync(candidate, fs.constants.X_OK)
      if (fs.statSync(candidate).isFile()) return candidate
    } catch {}
  }
  return null
}

const MANAGERS = {
  'apt-get': { install: 'apt-get install', names: {} },
  dnf: { install: 'dnf install', names: { 'g++': 'gcc-c++', 'ninja-build': 'ninja-build' } },
  zypper: { install: 'zypper install', names: { 'g++': 'gcc-c++', 'ninja-build': 'ninja' } },
  pacman: {
    install: 'pacman -S',
    names: { 'g++': 'gcc', 'ninja-build': 'ninja', 'python3-pip': 'python-pip' },
  },
}

/** The command that installs a package (by Debian's name) with the machine's package manager. */
export function install_command(names, env = process.env) {
  const manager = Object.keys(MANAGERS).find((name) => which(name, env)) ?? 'apt-get'
  const { install, names: translated } = MANAGERS[manager]
  const sudo = process.getuid?.() === 0 ? '' : 'sudo '
  return `${sudo}${install} ${names.map((name) => translated[name] ?? name).join(' ')}`
}

/** The first line a program prints for its version, or null when it is missing or fails. */
export function version_line(program, args = ['--version'], env = process.env) {
  const result = spawnSync(program, args, { encoding: 'utf8', env, timeout: 20_000 })
  if (result.status !== 0) return null
  return (
    (result.stdout || result.stderr)
      .split('\n')
      .find((line) => line.trim())
      ?.trim() ?? ''
  )
}
