/**
 * Why a rule fits a message or does not: what of its condition holds, each on its own.
 */
import { compile, type RuledAddress } from './condition.ts'
import { type MessageFacts, Reading } from './reading.ts'
import type { Condition, Rule } from './rule.ts'

export interface ExplainedRule {
  readonly name: string
  readonly fits: boolean
  /** False: a rule before it has ended them. */
  readonly asked: boolean
  /** Parts of the condition, and whether each holds. */
  readonly conditions: Readonly<Record<string, boolean>>
}

/** All rules in their order, of a message of which everything is known. */
export function explain(rules: readonly Rule[], address: RuledAddress, message: MessageFacts): ExplainedRule[] {
  let ended = false
  const reading = new Reading(message)
  return rules.map(({ name, when = {}, do: actions, stop }) => {
    const conditions = Object.fromEntries(
      Object.entries(when).map(([part, wanted]) => [part, holds({ [part]: wanted as never }, address, reading)]),
    )
    const explained = { name, fits: holds(when, address, reading), asked: !ended, conditions }
    const { redirect, reject, discard, relay } = actions
    const decides = [redirect, reject, discard, relay].some((fate) => fate !== undefined)
    if (explained.fits && (decides || stop === true)) ended = true
    return explained
  })
}

function holds(condition: Condition, address: RuledAddress, message: Reading): boolean {
  return compile(condition)(address, message) === true
}
