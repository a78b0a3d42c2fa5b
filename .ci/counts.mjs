// The closing line, from vitest's own counts. A file that did not load ran no test and counts as one failure.
import fs from 'node:fs'

let report
try {
  report = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'))
} catch {
  console.log('0 passed, 1 failed')
  process.exit(1)
}
const unloaded = report.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
)
for (const file of unloaded) console.log(`did not load: ${file.name}: ${file.message?.split('\n')[0]}`)
const failed = report.numFailedTests + unloaded.length
const skipped = report.numPendingTests + report.numTodoTests
console.log(`${report.numPassedTests} passed, ${failed} failed, ${skipped} skipped`)
process.exit(failed === 0 && report.numPassedTests > 0 ? 0 : 1)
