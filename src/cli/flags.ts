/**
 * Flags as a table: one entry gives the command line name, the environment variable, the default, the type and the help.
 *
 * Every flag `--some-name` can also be given as `FACTEUR_SOME_NAME`; the command line wins.
 */
import { parseArgs } from 'node:util'
import { UsageError } from './failure.ts'

export interface Flag {
  readonly type: 'string' | 'port' | 'integer' | 'boolean'
  readonly help: string
  /** Shown in the help; absent: the flag has no value unless given. */
  readonly default?: string | number | boolean
  /** What stands for the value in the help, for example `DIR`. */
  readonly value?: string
}

export type FlagTable = Readonly<Record<string, Flag>>

type ValueOf<F extends Flag> = F['type'] extends 'boolean' ? boolean : F['type'] extends 'string' ? string : number

/** The parsed values: always there when the flag has a default (or is boolean), else possibly undefined. */
export type FlagValues<Table extends FlagTable> = {
  -readonly [Name in keyof Table]: Table[Name] extends { default: string | number | boolean } | { type: 'boolean' }
    ? ValueOf<Table[Name]>
    : ValueOf<Table[Name]> | undefined
}

/** `smtp-port` → `FACTEUR_SMTP_PORT`. */
export function environmentName(flag: string): string {
  return `FACTEUR_${flag.toUpperCase().replaceAll('-', '_')}`
}

/**
 * Reads flags from the command line, then the environment, then the defaults.
 * Throws UsageError with one sentence for an unknown flag, a missing value or a value of the wrong kind.
 */
export function parseFlags<Table extends FlagTable>(
  table: Table,
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): { flags: FlagValues<Table>; positionals: string[] } {
  const { values, positionals } = parseCommandLine(table, argv)
  const flags: Record<string, string | number | boolean | undefined> = {}
  for (const [name, flag] of Object.entries(table)) {
    const variable = environmentName(name)
    const given = values[name]
    const inherited = environment[variable]
    if (given !== undefined) flags[name] = convert(flag, given, `--${name}`)
    else if (inherited !== undefined && inherited !== '') flags[name] = convert(flag, inherited, variable)
    else flags[name] = flag.default ?? (flag.type === 'boolean' ? false : undefined)
  }
  return { flags: flags as FlagValues<Table>, positionals }
}

function parseCommandLine(table: FlagTable, argv: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, flag]) => [
      name,
      { type: flag.type === 'boolean' ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError(firstSentence((error as Error).message), { cause: error })
  }
}

function convert(flag: Flag, value: string | boolean, origin: string): string | number | boolean {
  if (flag.type === 'boolean') {
    if (typeof value === 'boolean') return value
    if (/^(1|true|yes|on)$/i.test(value)) return true
    if (/^(0|false|no|off)$/i.test(value)) return false
    throw new UsageError(`${origin} must be 1 or 0, not "${value}".`)
  }
  if (flag.type === 'string') return String(value)
  const number = Number(value)
  const limit = flag.type === 'port' ? 65_535 : Number.MAX_SAFE_INTEGER
  if (value === '' || !Number.isInteger(number) || number < 0 || number > limit) {
    const expected = flag.type === 'port' ? 'a port number from 0 to 65535 (0: any free port)' : 'a whole number'
    throw new UsageError(`${origin} must be ${expected}, not "${value}".`)
  }
  return number
}

/** parseArgs explains at length how to escape positionals; the first sentence is what a person needs. */
function firstSentence(message: string): string {
  return (message.split('. ')[0] ?? message).replace(/\.?$/, '.')
}

/** The lines of a help text, one per flag. */
export function describeFlags(table: FlagTable): string[] {
  return Object.entries(table).map(([name, flag]) => {
    const left = `  --${name}${flag.type === 'boolean' ? '' : ` ${flag.value ?? (flag.type === 'string' ? 'TEXT' : 'N')}`}`
    const preset = flag.default === undefined || flag.default === false ? '' : ` [${flag.default}]`
    return `${left.padEnd(30)} ${flag.help}${preset}`
  })
}
