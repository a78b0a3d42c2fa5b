// Goes on from files of states; run by table.test.ts in a process of its own.
import * as torch from 'typetorch'
import { CASES } from './cases.js'
import { subject_of } from './subjects.js'

interface Job {
  from: string
  first: number
  end: number
}

torch.set_num_threads(1)
const jobs = JSON.parse(process.argv[2]!) as Job[]
const seen: Record<string, unknown>[] = []
for (const { from, first, end } of jobs) {
  const states = torch.load<Record<string, never>>(from)
  const by_name: Record<string, unknown> = {}
  for (const given of CASES) {
    if (!(given.name in states)) continue
    const subject = subject_of(given)
    subject.load(states[given.name]!)
    const steps: unknown[] = []
    for (let i = first; i < end; i++) steps.push(await subject.step(i))
    by_name[given.name] = steps
  }
  seen.push(by_name)
}
process.stdout.write(JSON.stringify(seen))
