// What `import 'typetorch'` takes: milliseconds of the statement, the peak of memory. `bare` leaves it out.
import { peak_megabytes } from './child.js'

const start = performance.now()
if (process.argv[2] !== 'bare') await import('typetorch')
console.log(JSON.stringify({ ms: performance.now() - start, peak_mb: peak_megabytes() }))
