import { type_error, type_name } from '../../errors.js'
import { required } from '../../python/parameters.js'
import { Module } from '../modules/module.js'

/** Throws for non-modules, naming the callable and the argument. */
export function expect_module(value: unknown, name: string, argument: string): Module {
  if (value instanceof Module) return value
  throw type_error(`${name}(): argument '${argument}' must be Module, not ${type_name(value)}`, name)
}

/** A module, without a default. */
export const MODULE = { module: required<Module>(expect_module) }
