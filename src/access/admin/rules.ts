/**
 * Rules of hosted domains: what is kept of them, and what they would do with a message.
 *
 * Their JSON is checked by whoever reads it (its form); here is checked what the form cannot say. A fault names the place in
 * the list, as `rules/3/do/copy/0`, and nothing of the list is kept.
 */
import { isKeyword } from '../../mailbox/index.ts'
import {
  authenticationOf,
  type Condition,
  type Directory,
  explainRules,
  type ExplainedRule,
  largestRules,
  mostRules,
  resolve,
  type Resolution,
  type Rule,
  type RuleList,
  type RuleSource,
} from '../../routing/index.ts'
import { parseHeader, splitAddress } from '../../format/index.ts'
import { AdminError } from './error.ts'
import { domainName, targetAddress } from './fields.ts'
import { expectHosted } from './hosted-domain.ts'
import type { AdminPorts, DomainDoor } from './ports.ts'
import type { RouteAdministration } from './routes.ts'
import { ruleChanges } from './rule-changes.ts'

/** Conditions in conditions. */
const deepest = 8
const largestMailboxName = 255

export interface RuleQuestion {
  readonly from: string
  readonly to: string
  readonly source?: RuleSource | undefined
  /** The message, or its header alone. */
  readonly message?: string | undefined
  /** Octets of the whole message, where `message` is not all of it. */
  readonly size?: number | undefined
  /** Results by method; none where nothing is said. */
  readonly authentication?: Readonly<Record<string, string>> | undefined
}

/** What becomes of a message: each rule of the first address, and where the message goes in the end. */
export interface RuleAnswer {
  readonly rules: readonly ExplainedRule[]
  readonly resolution: Resolution
}

export class RuleAdministration {
  readonly #ports: AdminPorts
  readonly #routes: Pick<RouteAdministration, 'agent'>

  constructor(ports: AdminPorts, routes: Pick<RouteAdministration, 'agent'>) {
    this.#ports = ports
    this.#routes = routes
  }

  async list(domain: string): Promise<RuleList> {
    const { door } = await expectHosted(this.#ports, domain)
    const { version, rules } = await door.rules()
    return { version, rules }
  }

  /** Replaces all of them; the same again changes nothing. `version`: only if they are still in that one. */
  async replace(
    domain: string,
    rules: readonly Rule[],
    version?: number,
  ): Promise<RuleList & { readonly changes: readonly string[] }> {
    const { door } = await expectHosted(this.#ports, domain)
    const [before, checked] = await Promise.all([door.rules(), this.#checked(door, rules)])
    const change = await door.setRules(checked, version)
    if (!change.ok) throw new AdminError('conflict', change.problem.replace(/\.$/, ''))
    return { ...change.list, changes: ruleChanges(before.rules, change.list.rules) }
  }

  /** What `replace` would keep of them, and refuse; nothing is changed. The version is that of those that there are. */
  async check(domain: string, rules: readonly Rule[]): Promise<RuleList> {
    const { door } = await expectHosted(this.#ports, domain)
    return { version: (await door.rules()).version, rules: await this.#checked(door, rules) }
  }

  /** In the form that is kept. */
  async #checked(door: DomainDoor, rules: readonly Rule[]): Promise<Rule[]> {
    if (rules.length > mostRules) throw new AdminError('invalid', `"rules" has more than ${mostRules} entries`, 'rules')
    const webhooks = new Set((await door.webhooks()).map(({ name }) => name))
    const names = new Set<string>()
    const checked = rules.map((rule, index) => {
      const place = `rules/${index}`
      if (names.has(rule.name)) throw wrong(`${place}/name`, `is "${rule.name}" again; each rule has a name of its own`)
      names.add(rule.name)
      if (depthOf(rule.when) > deepest) throw wrong(`${place}/when`, `has conditions more than ${deepest} deep`)
      return { ...rule, do: this.#actions(rule.do, place, rule.stop === true, webhooks) }
    })
    if (JSON.stringify(checked).length > largestRules) {
      throw new AdminError('invalid', `"rules" is longer than ${largestRules} characters`, 'rules')
    }
    return checked
  }

  /** What would become of a message; nothing is sent. Domains that are not shown are like those of others. */
  async test(question: RuleQuestion, isShown: (domain: string) => boolean = () => true): Promise<RuleAnswer> {
    const { from, to, source = 'smtp', message = '', authentication = {} } = question
    const recipient = targetAddress(to, 'to')
    const sender = from === '<>' ? '' : targetAddress(from, 'from')
    const raw = new TextEncoder().encode(message)
    const { header } = parseHeader(raw)
    const results = Object.entries(authentication).map(([method, result]) => ({ method, result }))
    const facts = {
      sender,
      source,
      header,
      size: question.size ?? raw.length,
      authentication: authenticationOf(results),
    }
    const parts = splitAddress(recipient)
    const { rules, separator } = await this.#ports.domain(domainName(parts?.domain ?? '')).rules()
    const { directory: whole } = this.#ports
    const directory: Directory = {
      lookup: async (domain, localPart) => (isShown(domain) ? whole.lookup(domain, localPart) : { kind: 'foreign' }),
      ...(whole.rules && { rules: whole.rules.bind(whole) }),
    }
    return {
      rules: explainRules(rules, separator, parts?.localPart ?? '', facts),
      resolution: await resolve(recipient, directory, undefined, { message: facts, final: true }),
    }
  }

  #actions(actions: Rule['do'], place: string, stops: boolean, webhooks: ReadonlySet<string>): Rule['do'] {
    const { redirect, reject, discard, relay, copy, webhook, tag, file } = actions
    const fates = Object.entries({ redirect, reject, discard, relay }).filter(([, value]) => value !== undefined)
    if (fates.length > 1) {
      throw wrong(`${place}/do/${fates[1]?.[0]}`, `cannot be beside ${fates[0]?.[0]}: one of them decides`)
    }
    if (Object.keys(actions).length === 0 && !stops) throw wrong(`${place}/do`, 'does nothing')
    for (const [index, keyword] of (tag ?? []).entries()) {
      if (!isKeyword(keyword)) throw wrong(`${place}/do/tag/${index}`, 'is no keyword (RFC 8621 §4.1.1)')
    }
    for (const [index, name] of (webhook ?? []).entries()) {
      if (!webhooks.has(name)) throw wrong(`${place}/do/webhook/${index}`, `is no webhook of the domain: "${name}"`)
    }
    if (file !== undefined && !file.split('/').every(isMailboxName)) {
      throw wrong(`${place}/do/file`, 'must be names of mailboxes, apart by /')
    }
    return {
      ...actions,
      ...(redirect === undefined ? {} : { redirect: addresses(redirect, `${place}/do/redirect`) }),
      ...(copy === undefined ? {} : { copy: addresses(copy, `${place}/do/copy`) }),
      ...(relay === undefined ? {} : { relay: this.#ways(relay, `${place}/do/relay`) }),
    }
  }

  #ways(ways: readonly string[], place: string): string[] {
    return ways.map((way, index) => placed(`${place}/${index}`, () => this.#routes.agent(way)))
  }
}

function addresses(list: readonly string[], place: string): string[] {
  return list.map((address, index) => placed(`${place}/${index}`, () => targetAddress(address)))
}

/** What is wrong is wrong in that place. */
function placed<T>(place: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof AdminError) throw new AdminError(error.fault, `"${place}": ${error.message}`, place)
    throw error
  }
}

function wrong(place: string, problem: string): AdminError {
  return new AdminError('invalid', `"${place}" ${problem}`, place)
}

function depthOf(condition: Condition | undefined): number {
  if (condition === undefined) return 0
  const { all = [], any = [], not } = condition
  return 1 + Math.max(0, ...[...all, ...any, ...(not === undefined ? [] : [not])].map(depthOf))
}

function isMailboxName(name: string): boolean {
  // control characters are what must not be there
  return (
    name.trim() !== '' &&
    !/[\u0000-\u001f\u007f]/.test(name) &&
    new TextEncoder().encode(name).length <= largestMailboxName
  )
}
