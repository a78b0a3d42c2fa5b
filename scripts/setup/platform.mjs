import fs from 'node:fs'
import { compare_versions, GLIBC_WANTED, NODE_WANTED, parse_version } from './config.mjs'
import { SetupError, which } from './report.mjs'

/** What the machine is, as far as set-up cares. */
export function describe_platform() {
  const header = process.report?.getReport?.().header ?? {}
  return {
    platform: process.platform,
    arch: process.arch,
    glibc: header.glibcVersionRuntime ?? null,
    node: process.versions.node,
    napi: process.versions.napi,
  }
}

/** Refuses by name a machine on which typetorch cannot run. */
export function check_platform(machine = describe_platform()) {
  if (compare_versions(parse_version(machine.node), NODE_WANTED) < 0) {
    throw new SetupError(
      `Node ${machine.node} is too old, typetorch needs ${NODE_WANTED.join('.')} or later; ` +
        'get it with: npx --yes n lts (or from https://nodejs.org)',
    )
  }
  if (machine.platform !== 'linux' || machine.arch !== 'x64') {
    throw new SetupError(
      `${machine.platform}-${machine.arch} is not supported yet, only linux-x64 with glibc is; ` +
        'run it in a container: docker run -it --platform linux/amd64 node:22-bookworm',
    )
  }
  if (!machine.glibc) {
    throw new SetupError(
      "this system's C library is not glibc (Alpine's musl?), and LibTorch is built for glibc; " +
        'use a glibc image: docker run -it node:22-bookworm',
    )
  }
  if (compare_versions(parse_version(machine.glibc), GLIBC_WANTED) < 0) {
    throw new SetupError(
      `glibc ${machine.glibc} is too old, LibTorch needs ${GLIBC_WANTED.join('.')} or later; ` +
        'use a newer image: docker run -it node:22-bookworm',
    )
  }
}

/** The NVIDIA driver's version, 'unknown' when only its library shows, or null without one. */
export function nvidia_driver() {
  try {
    const text = fs.readFileSync('/proc/driver/nvidia/version', 'utf8')
    return /Kernel Module(?: for \S+)?\s+([\d.]+)/.exec(text)?.[1] ?? 'unknown'
  } catch {}
  return fs.existsSync('/usr/lib/wsl/lib/libcuda.so.1') || which('nvidia-smi') ? 'unknown' : null
}

/** Which build of LibTorch suits the machine: TYPETORCH_VARIANT decides where it is set. */
export function wanted_variant(env = process.env, driver = nvidia_driver()) {
  const asked = env.TYPETORCH_VARIANT
  if (asked === 'cpu' || asked === 'cuda') return asked
  if (asked) {
    throw new SetupError(
      `TYPETORCH_VARIANT is '${asked}', it must be cpu or cuda; set it with: export TYPETORCH_VARIANT=cpu`,
    )
  }
  return driver ? 'cuda' : 'cpu'
}
