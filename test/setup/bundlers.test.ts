import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build } from 'esbuild'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'bundlers-'))
  mkdirSync(path.join(folder, 'node_modules'))
  symlinkSync(root, path.join(folder, 'node_modules/typetorch'))
  writeFileSync(
    path.join(folder, 'app.mjs'),
    "import * as torch from 'typetorch'\nconsole.log(torch.ones(2).add(1).sum().item())\n",
  )
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Bundles a program of three lines and runs it. */
async function run(options: BuildOptions) {
  const outfile = path.join(folder, 'out', options.format === 'esm' ? 'app.mjs' : 'app.cjs')
  await build({
    entryPoints: [path.join(folder, 'app.mjs')],
    bundle: true,
    platform: 'node',
    outfile,
    logLevel: 'silent',
    ...options,
  })
  const { stdout, stderr, status } = spawnSync(process.execPath, [outfile], { encoding: 'utf8' })
  return { stdout: stdout.trim(), stderr, status }
}

describe("esbuild's bundle of a program", () => {
  it.each<BuildOptions>([
    { format: 'esm' },
    { format: 'cjs' },
    { format: 'esm', minify: true },
    { format: 'cjs', minify: true },
    { format: 'iife' },
  ])('with the package in it (%o) fails at once, and says what to mark external', async (options) => {
    const { stdout, stderr, status } = await run(options)
    expect(status).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain('typetorch cannot be part of a bundle')
    for (const way of [
      '--external:typetorch',
      "external: ['typetorch']",
      "externals: { typetorch: 'import typetorch' }",
      "ssr: { external: ['typetorch'] }",
      "serverExternalPackages: ['typetorch']",
    ])
      expect(stderr).toContain(way)
    expect(stderr).not.toMatch(/Invalid URL|ENOENT/)
  })

  it.each<BuildOptions>([
    { format: 'esm', external: ['typetorch'] },
    { format: 'esm', packages: 'external' },
    { format: 'cjs', external: ['typetorch'] },
    { format: 'esm', external: ['typetorch'], minify: true },
  ])('without it (%o) runs', async (options) => {
    const { stdout, stderr } = await run(options)
    expect(stdout, stderr).toBe('4')
  })
})
