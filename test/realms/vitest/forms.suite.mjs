import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import * as torch from 'typetorch'
import { afterAll, describe, test } from 'vitest'
import { make_forms } from '../forms.mjs'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vitest-forms-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

describe('forms', () => {
  const forms = make_forms(torch, { folder, read: (file) => Uint8Array.from(fs.readFileSync(file)) })
  test.each(Object.entries(forms))('%s', async (_, form) => {
    await form()
  })
})
