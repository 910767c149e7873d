/**
 * One address on a message's way, as the rules of its domain turn it.
 */
import { canonicalLocalPart } from './address.ts'
import type { Directory } from './directory.ts'
import {
  explain,
  type ExplainedRule,
  type Marks,
  type MessageFacts,
  type Rule,
  type RuledAddress,
  type Ruling,
} from './rules/index.ts'

/** What rules are asked about a message. */
export interface RuleQuestion {
  readonly message: MessageFacts
  /** Nothing more will be known of it. */
  readonly final: boolean
}

/** `version`: of the rules, as the directory answered. Rejects when the directory cannot be asked. */
export async function askRules(
  directory: Directory,
  domain: string,
  localPart: string,
  version: number,
  { message, final }: RuleQuestion,
): Promise<Ruling | undefined> {
  const found = await directory.rules?.(domain, version)
  if (found === undefined) return undefined
  return found.rules.rule(ruledAddress(localPart, found.separator), message, final)
}

/** All rules of a domain, and why each fits the message or does not. */
export function explainRules(
  rules: readonly Rule[],
  separator: string,
  localPart: string,
  message: MessageFacts,
): ExplainedRule[] {
  return explain(rules, ruledAddress(localPart, separator), message)
}

function ruledAddress(localPart: string, separator: string): RuledAddress {
  const wanted = canonicalLocalPart(localPart)
  const at = separator === '' ? -1 : wanted.indexOf(separator)
  if (at <= 0) return { recipient: wanted, subaddress: '' }
  return { recipient: wanted.slice(0, at), subaddress: wanted.slice(at + separator.length) }
}

/** Those of a later address are added to those of an earlier one, and its mailbox counts. */
export function combined(earlier: Marks, later: Marks): Marks {
  const keywords = [...new Set([...(earlier.keywords ?? []), ...(later.keywords ?? [])])]
  const mailbox = later.mailbox ?? earlier.mailbox
  return { ...(keywords.length === 0 ? {} : { keywords }), ...(mailbox === undefined ? {} : { mailbox }) }
}
