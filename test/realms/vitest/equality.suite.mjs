import * as torch from 'typetorch'
import { install } from 'typetorch/vitest'
import { expect, test } from 'vitest'
import { define_equality } from '../equality.mjs'

define_equality({ expect, test, torch, install })
