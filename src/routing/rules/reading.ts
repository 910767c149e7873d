/**
 * A message as rules read it: what is known of it, and its texts as patterns are compared with them, since a thousand rules
 * ask for the same ones.
 */
import { decodeHeaderText, type Header } from '../../format/index.ts'
import { folded } from './glob.ts'
import type { AuthenticationMethod, RuleSource } from './rule.ts'

/** What is known of a message; a fact that is absent is not known, or not yet. */
export interface MessageFacts {
  /** The envelope sender; '' is the null one. */
  readonly sender: string
  readonly source?: RuleSource
  readonly header?: Header
  /** Octets. */
  readonly size?: number
  /** Results by method, all of them, `none` among them. */
  readonly authentication?: { readonly [method in AuthenticationMethod]: string }
}

export class Reading {
  readonly facts: MessageFacts
  /** The envelope sender; `<>` is the null one. */
  readonly sender: string
  readonly #values = new Map<string, string[]>()

  constructor(facts: MessageFacts) {
    this.facts = facts
    this.sender = folded(facts.sender) || '<>'
  }

  /** Decoded values of the fields of that name, which is in lower case. */
  values(name: string): string[] {
    let values = this.#values.get(name)
    if (values === undefined) {
      values = (this.facts.header?.all(name) ?? []).map((text) => folded(decodeHeaderText(text).trim()))
      this.#values.set(name, values)
    }
    return values
  }
}
