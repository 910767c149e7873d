/**
 * `facteur rule`: where the mail of a domain goes, by more than its address.
 */
import { type AdminClient, adminClient, serverFlags } from '../admin-client.ts'
import { OperationError, UsageError } from '../failure.ts'
import { describeFlags, type FlagTable, parseFlags } from '../flags.ts'
import { readInput } from '../read-input.ts'
import { type Answer, type RuleText, showAnswer, showChanges, showRules } from './rule-tables.ts'

const ruleFlags = {
  before: { type: 'string', value: 'NAME', help: 'with add: stands before this rule, and not at the end' },
  'dry-run': { type: 'boolean', help: 'with apply: print what would change, and change nothing' },
  from: { type: 'string', value: 'ADDRESS', help: 'with test: the envelope sender, `<>` of reports' },
  to: { type: 'string', value: 'ADDRESS', help: 'with test: the recipient' },
  source: { type: 'string', value: 'DOOR', help: 'with test: smtp, email-routing, submission or internal (smtp)' },
  spf: { type: 'string', value: 'RESULT', help: 'with test: what is found out on arrival (none)' },
  dkim: { type: 'string', value: 'RESULT', help: 'the same' },
  dmarc: { type: 'string', value: 'RESULT', help: 'the same' },
} as const satisfies FlagTable

const flagTable = { ...serverFlags, ...ruleFlags }

export const usage = [
  'facteur rule list DOMAIN                 in their order; --json prints the file that apply reads',
  'facteur rule add DOMAIN FILE             one rule, JSON as in docs/rules.md; FILE may be - for stdin',
  'facteur rule set DOMAIN FILE             replaces the rule of the same name',
  'facteur rule rm DOMAIN NAME',
  'facteur rule apply DOMAIN FILE           all rules: {"rules": [...]}; again changes nothing',
  'facteur rule test --from ADDRESS --to ADDRESS [FILE]   what rules would do with a message, and why',
  '',
  ...describeFlags(flagTable),
].join('\n')

interface RuleList {
  readonly version: number
  readonly rules: readonly RuleText[]
}

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(flagTable, argv, process.env)
  const [action, subject, third, ...more] = positionals
  const client = adminClient(flags)
  const print = (value: object, text: string) => console.log(flags.json ? JSON.stringify(value, null, 2) : text)
  if (more.length > 0) throw wrong()

  if (action === 'test' && third === undefined) {
    const { from, to, source, spf, dkim, dmarc } = flags
    if (from === undefined || to === undefined) throw new UsageError('test needs --from and --to.')
    const given = Object.entries({ spf, dkim, dmarc }).filter(([, result]) => result !== undefined)
    const answer = await client.request<Answer>('POST', ['rules', 'test'], {
      from,
      to,
      ...(source === undefined ? {} : { source }),
      ...(subject === undefined ? {} : headerOf(readInput(subject))),
      authentication: Object.fromEntries(given),
    })
    print(answer, showAnswer(answer))
    return 0
  }
  if (subject === undefined) throw wrong()
  const path = ['domains', subject, 'rules']
  const present = await client.request<RuleList>('GET', path)
  if (action === 'list' && third === undefined) print({ rules: present.rules }, showRules(present.rules))
  else if (action === 'add' && third !== undefined) {
    const rule = ruleIn(third)
    if (present.rules.some(({ name }) => name === rule.name)) {
      throw new OperationError(`${subject} has a rule "${rule.name}" already; set replaces it.`)
    }
    const at = flags.before === undefined ? present.rules.length : indexOf(present.rules, flags.before, subject)
    await withOnly(at, () => replace(client, path, present, present.rules.toSpliced(at, 0, rule)))
    print({}, 'Done.')
  } else if (action === 'set' && third !== undefined) {
    const rule = ruleIn(third)
    const at = indexOf(present.rules, rule.name, subject)
    await withOnly(at, () => replace(client, path, present, present.rules.with(at, rule)))
    print({}, 'Done.')
  } else if (action === 'rm' && third !== undefined) {
    await replace(client, path, present, present.rules.toSpliced(indexOf(present.rules, third, subject), 1))
    print({}, 'Done.')
  } else if (action === 'apply' && third !== undefined) {
    const rules = rulesIn(third)
    // As the server keeps them: what it refuses is refused by a dry run too.
    const kept = flags['dry-run']
      ? await client.request<RuleList>('POST', [...path, 'check'], { rules })
      : await replace(client, path, present, rules)
    const changes = showChanges(present.rules, kept.rules)
    print({ changes }, changes.length === 0 ? 'Nothing to change.' : changes.join('\n'))
  } else throw wrong()
  return 0
}

/** Only if nobody has changed them since they were read. */
async function replace(
  client: AdminClient,
  path: readonly string[],
  { version }: RuleList,
  rules: readonly RuleText[],
): Promise<RuleList> {
  return client.request('PUT', path, { rules, version })
}

/** What is said to be wrong with the rule at that place is wrong in a file that holds nothing else. */
async function withOnly(at: number, change: () => Promise<unknown>): Promise<void> {
  try {
    await change()
  } catch (error) {
    if (!(error instanceof OperationError)) throw error
    throw new OperationError(error.message.replaceAll(`"rules/${at}/`, '"'), { cause: error })
  }
}

function indexOf(rules: readonly RuleText[], name: string, domain: string): number {
  const index = rules.findIndex((rule) => rule.name === name)
  if (index < 0) throw new OperationError(`${domain} has no rule "${name}".`)
  return index
}

function ruleIn(file: string): RuleText {
  const value = json(file)
  if (!isObject(value) || typeof value['name'] !== 'string') throw new OperationError(`${file} is no rule with a name.`)
  return value as unknown as RuleText
}

function rulesIn(file: string): RuleText[] {
  const value = json(file)
  const rules = isObject(value) ? value['rules'] : undefined
  if (!isObject(value) || !Array.isArray(rules)) {
    throw new OperationError(`${file} has no list "rules"; it must be {"rules": [...]}.`)
  }
  const stranger = Object.keys(value).find((name) => name !== 'rules' && name !== '$schema')
  if (stranger !== undefined) throw new OperationError(`"${stranger}" in ${file} is not known here, beside "rules".`)
  return rules as RuleText[]
}

function json(file: string): unknown {
  const text = new TextDecoder().decode(readInput(file))
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new OperationError(`${file} is not JSON: ${(error as Error).message}.`, { cause: error })
  }
}

/** What rules ask of a message: its header and its size. */
function headerOf(raw: Uint8Array): { message: string; size: number } {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1')
  const end = /\r?\n\r?\n/.exec(text)
  const header = end === null ? raw : raw.subarray(0, end.index + end[0].length)
  return { message: new TextDecoder().decode(header), size: raw.length }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(): UsageError {
  return new UsageError(
    'say "rule list DOMAIN", "rule apply DOMAIN FILE" or "rule test --from … --to …"; --help tells more.',
  )
}
