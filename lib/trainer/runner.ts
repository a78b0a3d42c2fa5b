import { existsSync, readFileSync } from 'node:fs'
import { createConnection, type Socket } from 'node:net'
import { constants, tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { native } from '../native.js'
import { member } from '../own.js'

// The tsx command runs a program as its child. It passes a signal on, and ends the child by SIGKILL where that doesn't say
// within 60 ms that it has the signal. What tsx puts into the child says so when the event loop has its turn, which may
// be after a step of training; the addon's signal handler says so at once.

/** The minor versions of tsx 4 whose messages have a length in front; another major version may have other messages. */
const FIRST_MINOR = 7

function is_under_tsx(): boolean {
  const index = process.execArgv.findIndex((argument) =>
    /[\\/]tsx[\\/]dist[\\/]preflight\.cjs$/.test(argument),
  )
  if (index < 0) return false
  const argument = process.execArgv[index]!.replace(/^--require=/, '')
  const preflight = argument.startsWith('file:') ? fileURLToPath(argument) : argument
  try {
    const { version } = JSON.parse(readFileSync(resolve(preflight, '../../package.json'), 'utf8')) as {
      version: string
    }
    const [major, minor] = version.split('.').map(Number)
    return major === 4 && minor! >= FIRST_MINOR
  } catch {
    return false
  }
}

function message(signal: string): Uint8Array {
  const text = Buffer.from(JSON.stringify({ type: 'signal', signal }))
  const length = Buffer.alloc(4)
  length.writeInt32BE(text.length)
  return Buffer.concat([length, text])
}

function connect(address: string): Promise<Socket | undefined> {
  return new Promise((done) => {
    const socket = createConnection(address, () => done(socket))
    socket.on('error', () => done(undefined))
    socket.unref()
  })
}

/** A connection's number among the process's open files. */
function fd_of(socket: { _handle?: { fd?: number } } | undefined): number | undefined {
  const handle = socket && member(socket, '_handle')
  return handle && member(handle, 'fd')
}

/**
 * Tells the tsx command of each signal as soon as it arrives, where it runs this program. Call it when Node catches the
 * signals.
 *
 * @returns ends it
 */
export async function answer_runner(signals: readonly ('SIGINT' | 'SIGTERM')[]): Promise<() => void> {
  const name = `tsx-${process.geteuid?.() ?? userInfo().username}`
  const address = join(tmpdir(), name, `${process.ppid}.pipe`)
  const socket = is_under_tsx() && existsSync(address) ? await connect(address) : undefined
  const descriptor = fd_of(socket as unknown as { _handle?: { fd?: number } } | undefined)
  if (socket === undefined || descriptor === undefined || descriptor < 0) {
    socket?.destroy()
    return () => {}
  }
  const end = () => {
    for (const signal of signals) native.leave_signal(constants.signals[signal])
    socket.destroy()
  }
  socket.once('close', end)
  for (const signal of signals) native.answer_signal(constants.signals[signal], descriptor, message(signal))
  return end
}
