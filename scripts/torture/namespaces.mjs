import { spawn, spawnSync } from 'node:child_process'

// What makes a container: numbers of processes, a hostname and a /proc of its own. Its first process is the program.
const UNSHARE = ['--user', '--map-root-user', '--pid', '--fork', '--kill-child=SIGKILL', '--mount', '--uts']
// Nothing at all is mounted over /proc.
const WITHOUT_PROC = 'mount -t tmpfs none /proc && hostname "$0" && exec "$@"'
const WITH_PROC = 'mount -t proc proc /proc && hostname "$0" && exec "$@"'

/** Whether this process may make namespaces. */
export function has_namespaces() {
  return spawnSync('unshare', [...UNSHARE, 'sh', '-c', WITH_PROC, 'host', 'true']).status === 0
}

/**
 * Starts a program of Node's in namespaces of its own. SIGKILL to what is returned kills the program.
 *
 * @param {string} host its hostname
 * @param {readonly string[]} args of node
 * @param {boolean} [has_proc] whether it has a /proc
 */
export function spawn_contained(host, args, has_proc = true) {
  const script = has_proc ? WITH_PROC : WITHOUT_PROC
  return spawn('unshare', [...UNSHARE, 'sh', '-c', script, host, process.execPath, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Without /proc LibTorch doesn't know the processor, and takes these kernels.
    env: { ...process.env, ATEN_CPU_CAPABILITY: 'default' },
  })
}
