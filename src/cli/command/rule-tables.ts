/**
 * Rules as people read them.
 */
import { table } from '../table.ts'

/** A rule as its JSON has it: the server knows what it may be. */
export interface RuleText {
  readonly name: string
}

export interface Answer {
  readonly rules: readonly {
    readonly name: string
    readonly fits: boolean
    readonly asked: boolean
    readonly conditions: Readonly<Record<string, boolean>>
  }[]
  readonly resolution: {
    readonly kind: 'route' | 'reject'
    readonly reply?: Reply
    readonly destinations?: readonly Destination[]
    readonly dead?: readonly { readonly address: string; readonly reply: Reply }[]
    readonly discarded?: boolean
  }
}

interface Reply {
  readonly code: number
  readonly enhanced: string
  readonly text: string
}

interface Destination {
  readonly kind: 'mailbox' | 'relay'
  readonly address: string
  readonly marks?: { readonly keywords?: readonly string[]; readonly mailbox?: string }
  readonly ways?: readonly string[]
  readonly copy?: boolean
}

export function showRules(rules: readonly RuleText[]): string {
  if (rules.length === 0) return 'There are no rules.'
  return table(
    rules.map((rule, index) => {
      const { name, when, do: actions, stop } = rule as RuleText & { when?: object; do: object; stop?: boolean }
      const condition = when === undefined ? 'always' : JSON.stringify(when)
      return [String(index + 1), name, condition, `${JSON.stringify(actions)}${stop === true ? ' stop' : ''}`]
    }),
  )
}

/** What is new, gone, other, with what it was and is, or elsewhere: in lines. */
export function showChanges(present: readonly RuleText[], wanted: readonly RuleText[]): string[] {
  const before = new Map(present.map((rule) => [rule.name, rule]))
  const names = new Set(wanted.map(({ name }) => name))
  const changes = present.filter(({ name }) => !names.has(name)).map((rule) => `- ${rule.name}: ${contentOf(rule)}`)
  for (const rule of wanted) {
    const known = before.get(rule.name)
    if (known === undefined) changes.push(`+ ${rule.name}: ${contentOf(rule)}`)
    else changes.push(...showDifference(known, rule))
  }
  const common = (rules: readonly RuleText[]) =>
    rules.map(({ name }) => name).filter((name) => before.has(name) && names.has(name))
  const order = common(wanted)
  if (common(present).join('\n') !== order.join('\n')) changes.push(`~ their order: ${order.join(', ')}`)
  return changes
}

function contentOf(rule: RuleText): string {
  return JSON.stringify({ ...rule, name: undefined })
}

/** Of each member that differs, what it was and what it is. */
function showDifference(before: RuleText, after: RuleText): string[] {
  const was = new Map<string, unknown>(Object.entries(before))
  const is = new Map<string, unknown>(Object.entries(after))
  const members = [...new Set([...was.keys(), ...is.keys()])]
  const other = members.filter((member) => written(was.get(member)) !== written(is.get(member)))
  const lines = other.flatMap((member) => [...memberOf(was, member, '-'), ...memberOf(is, member, '+')])
  return lines.length === 0 ? [] : [`~ ${after.name}`, ...lines]
}

/** Members in one order, so that only what they say is compared. */
function written(value: unknown): string {
  return JSON.stringify(sorted(value))
}

function memberOf(rule: ReadonlyMap<string, unknown>, member: string, sign: '-' | '+'): string[] {
  return rule.has(member) ? [`    ${sign} ${member}: ${JSON.stringify(rule.get(member))}`] : []
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  )
}

export function showAnswer({ rules, resolution }: Answer): string {
  const rows = rules.map(({ name, fits, asked, conditions }, index) => {
    const parts = Object.entries(conditions).map(([part, holds]) => `${part}: ${holds ? 'yes' : 'no'}`)
    const verdict = asked ? (fits ? 'fits' : 'does not fit') : 'is not asked'
    return [String(index + 1), name, verdict, parts.join(', ')]
  })
  return [...(rows.length === 0 ? ['There are no rules.'] : [table(rows)]), '', ...ends(resolution)].join('\n')
}

function ends({ kind, reply, destinations = [], dead = [], discarded }: Answer['resolution']): string[] {
  if (kind === 'reject') return [`The message is refused: ${textOf(reply)}`]
  return [
    ...(discarded === true ? ['The message is dropped.'] : []),
    ...destinations.map(destinationText),
    ...dead.map(({ address, reply: why }) => `Nowhere to go: ${address}: ${textOf(why)}`),
  ]
}

function destinationText({ kind, address, marks = {}, ways, copy }: Destination): string {
  const where = kind === 'mailbox' ? `mailbox of ${address}` : `${address}, to outside`
  const facts = [
    marks.mailbox === undefined ? '' : `in ${marks.mailbox}`,
    marks.keywords === undefined ? '' : `tagged ${marks.keywords.join(' ')}`,
    ways === undefined ? '' : `by ${ways.join(', ')}`,
  ]
  return [`${copy === true ? 'A copy goes' : 'It goes'} to: ${where}`, ...facts.filter((fact) => fact !== '')].join(
    ', ',
  )
}

function textOf(reply: Reply | undefined): string {
  return reply === undefined ? '' : `${reply.code} ${reply.enhanced} ${reply.text}`
}
