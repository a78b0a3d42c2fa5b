import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, CommanderError, InvalidArgumentError, Option } from 'commander'

/** Ends the program with one sentence on standard error; 2 says that what was asked for is wrong. */
export function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`)
  process.exit(2)
}

/** Reads the command line; a wrong option gets one sentence and exit code 2. */
export function parse_options<T extends object>(command: Command): T {
  command.exitOverride().showSuggestionAfterError(false).allowExcessArguments(false)
  command.configureOutput({ outputError: () => {} })
  try {
    command.parse()
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) process.exit(0)
    const sentence = error.message
      .replace(/^error: /, '')
      .replace(/\. (Expected|Allowed)/, (_, word: string) => `: ${word.toLowerCase()}`)
      .replace(/\.$/, '')
    fail(`${sentence}; --help lists the options`)
  }
  return command.opts<T>()
}

/** Makes the folder that results go to, and gives the paths of files in it. */
export function open_folder(folder: string): (name: string) => string {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    fail(`no folder '${folder}' can be made: ${error instanceof Error ? error.message : String(error)}`)
  }
  return (name) => join(folder, name)
}

function number_option(check: (value: number) => boolean, expected: string) {
  return (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (!check(value)) throw new InvalidArgumentError(`Expected ${expected}`)
    return value
  }
}

/** An option that takes a whole number of at least `least`. */
export function whole(flags: string, description: string, least: number, standard?: number): Option {
  const parse = number_option(
    (value) => Number.isSafeInteger(value) && value >= least,
    `a whole number of at least ${least}`,
  )
  const option = new Option(flags, description).argParser(parse)
  return standard === undefined ? option : option.default(standard)
}

/** An option that takes a number in [0, 1). */
export function fraction(flags: string, description: string, standard: number): Option {
  const parse = number_option((value) => value >= 0 && value < 1, 'a number of at least 0 and below 1')
  return new Option(flags, description).argParser(parse).default(standard)
}

/** An option that takes a number greater than 0. */
export function positive(flags: string, description: string, standard?: number): Option {
  const parse = number_option((value) => value > 0 && Number.isFinite(value), 'a number greater than 0')
  const option = new Option(flags, description).argParser(parse)
  return standard === undefined ? option : option.default(standard)
}
