// The version is looked at before anything that an old Node could not read is imported.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `typetorch: Node ${process.versions.node} is too old, typetorch needs 20.19 or later; ` +
      'get it with: npx --yes n lts (or from https://nodejs.org)',
  )
  process.exit(1)
}

const { run_step } = await import('./report.mjs')
await run_step(async () => (await import('./steps.mjs')).install())
