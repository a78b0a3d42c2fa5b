import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import * as torch from 'typetorch'
import { make_forms } from '../forms.mjs'

const { afterAll, describe, expect, test } = globalThis

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'jest-forms-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

describe("forms of Jest's realm", () => {
  const forms = make_forms(torch, { folder, read: (file) => Uint8Array.from(fs.readFileSync(file)) })
  test.each(Object.entries(forms))('%s', async (_, form) => {
    await form()
  })

  test("the realm is not the library's", () => {
    expect(Object.getPrototypeOf(torch.ones(2).tolist())).not.toBe(Array.prototype)
  })
})
