import { randomBytes } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { runtime_error } from '../../errors.js'

const NAME = 'trainer.lock'

/** Who holds a folder: a process is known again by its number and the moment it began at. */
interface Holder {
  pid: number
  started: string | null
  boot: string | null
  host: string
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** When a process began, in ticks since the machine's start; null where there is none, or only its remains. */
function start_of(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`)
  if (stat === null) return null
  // The name in brackets may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null)
}

const boot_id = (): string | null => read('/proc/sys/kernel/random/boot_id')?.trim() ?? null

function is_alive({ pid, started, boot, host }: Holder): boolean {
  // Nothing is known of another machine's processes.
  if (host !== hostname()) return true
  return boot === boot_id() && started !== null && start_of(pid) === started
}

function parse(text: string | null): Holder | null {
  try {
    const holder = JSON.parse(text ?? '') as Holder | null
    return typeof holder?.pid === 'number' ? holder : null
  } catch {
    return null
  }
}

const code_of = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/**
 * Takes a folder for this process. What a process that was killed left behind holds nobody up.
 *
 * @returns gives the folder back
 * @throws RuntimeError where another Trainer has it; it says who
 */
export function lock_folder(folder: string): () => void {
  const path = join(folder, NAME)
  const own = join(folder, `.${NAME}.${randomBytes(6).toString('hex')}.tmp`)
  const holder: Holder = {
    pid: process.pid,
    started: start_of(process.pid),
    boot: boot_id(),
    host: hostname(),
  }
  const text = `${JSON.stringify({ ...holder, token: randomBytes(6).toString('hex') })}\n`
  try {
    writeFileSync(own, text)
    // A link appears with all of its bytes, and only where there is none.
    for (;;) {
      try {
        linkSync(own, path)
        break
      } catch (error) {
        if (code_of(error) !== 'EEXIST') throw error
        remove_stale(folder, path)
      }
    }
  } finally {
    rmSync(own, { force: true })
  }
  return () => {
    if (read(path) === text) rmSync(path, { force: true })
  }
}

function remove_stale(folder: string, path: string): void {
  const found = read(path)
  // It went meanwhile.
  if (found === null) return
  const holder = parse(found)
  if (holder === null || is_alive(holder)) {
    const who =
      holder === null
        ? 'somebody'
        : `process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`}`
    throw runtime_error(
      `Trainer: '${folder}' is in use by another Trainer (${who}); two must not write checkpoints to one folder. ` +
        `If it is certain that none runs, remove '${path}'`,
    )
  }
  const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (code_of(error) === 'ENOENT') return
    throw error
  }
  // Somebody was faster and it is theirs: back with it.
  if (read(aside) !== found) {
    try {
      linkSync(aside, path)
    } catch (error) {
      if (code_of(error) !== 'EEXIST') throw error
    }
  }
  rmSync(aside, { force: true })
}
