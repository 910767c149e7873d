/**
 * What a domain's rules say about one message for one address: the first rule that decides its fate, and what the ones before
 * add to it.
 */
import type { Refusal } from '../refusal.ts'
import { compile, type RuledAddress, type Test } from './condition.ts'
import { type MessageFacts, Reading } from './reading.ts'
import type { Actions, Rule } from './rule.ts'

/** What is done with the message in the mailbox where it ends. */
export interface Marks {
  readonly keywords?: readonly string[]
  /** Names apart by `/`. */
  readonly mailbox?: string
}

export type Fate =
  /** It goes where it would go without rules. */
  | { readonly kind: 'keep' }
  | { readonly kind: 'redirect'; readonly targets: readonly string[] }
  | { readonly kind: 'reject'; readonly reply: Refusal }
  | { readonly kind: 'discard' }
  | { readonly kind: 'relay'; readonly ways: readonly string[] }
  /** It depends on what is not known yet. */
  | { readonly kind: 'open' }

export interface Ruling {
  readonly fate: Fate
  readonly copies: readonly string[]
  /** Names of webhooks. */
  readonly webhooks: readonly string[]
  readonly marks: Marks
  /** Names of the rules that fit, in their order. */
  readonly fitting: readonly string[]
}

export interface Rules {
  /** `final`: nothing more will be known, and what is not known is not so. */
  rule(address: RuledAddress, message: MessageFacts, final: boolean): Ruling
}

interface Compiled {
  readonly rule: Rule
  readonly fits: Test
}

export function compileRules(rules: readonly Rule[]): Rules {
  const compiled = rules.map((rule): Compiled => ({
    rule,
    fits: rule.when === undefined ? always : compile(rule.when),
  }))
  return { rule: (address, message, final) => ruleOn(compiled, address, message, final) }
}

function ruleOn(rules: readonly Compiled[], address: RuledAddress, message: MessageFacts, final: boolean): Ruling {
  const copies = new Set<string>()
  const webhooks = new Set<string>()
  const keywords = new Set<string>()
  const fitting: string[] = []
  let mailbox: string | undefined
  let fate: Fate = { kind: 'keep' }
  const reading = new Reading(message)
  for (const { rule, fits } of rules) {
    const truth = fits(address, reading)
    if (truth === undefined && !final) {
      fate = { kind: 'open' }
      break
    }
    if (truth !== true) continue
    fitting.push(rule.name)
    const { copy = [], webhook = [], tag = [], file } = rule.do
    for (const target of copy) copies.add(target)
    for (const name of webhook) webhooks.add(name)
    for (const keyword of tag) keywords.add(keyword)
    mailbox = file ?? mailbox
    const decided = fateOf(rule.do)
    if (decided !== undefined) fate = decided
    if (decided !== undefined || rule.stop === true) break
  }
  const marks = {
    ...(keywords.size === 0 ? {} : { keywords: [...keywords] }),
    ...(mailbox === undefined ? {} : { mailbox }),
  }
  return { fate, copies: [...copies], webhooks: [...webhooks], marks, fitting }
}

function fateOf({ redirect, reject, discard, relay }: Actions): Fate | undefined {
  if (redirect !== undefined) return { kind: 'redirect', targets: redirect }
  if (relay !== undefined) return { kind: 'relay', ways: relay }
  if (discard === true) return { kind: 'discard' }
  if (reject === undefined) return undefined
  const { code = 550, text } = reject
  return { kind: 'reject', reply: { code, enhanced: code < 500 ? '4.7.1' : '5.7.1', text } }
}

function always(): true {
  return true
}
