import * as torch from 'typetorch'
import { install } from 'typetorch/jest'
import { define_equality } from '../equality.mjs'

const { expect, test } = globalThis

define_equality({ expect, test, torch, install })
