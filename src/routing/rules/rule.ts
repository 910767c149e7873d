/**
 * Rules of a hosted domain, as their JSON has them: docs/rules.md tells what they mean, docs/rules.schema.json what they are.
 */

/** Where a message came from. `internal`: made by ourselves, such as a report. */
export type RuleSource = 'smtp' | 'email-routing' | 'submission' | 'internal'

export type AuthenticationMethod = 'spf' | 'dkim' | 'dmarc'

/** All that is named must hold. Globs know `*` and `?`, and no difference of case. */
export interface Condition {
  /** Glob over the local part without its subaddress. */
  readonly recipient?: string
  /** Glob over the subaddress (RFC 5233); '' where there is none. */
  readonly subaddress?: string
  /** Glob over the envelope sender; `<>` is the null one. */
  readonly sender?: string
  /** There is such a field, with a value (decoded, unfolded) that the glob fits. */
  readonly header?: { readonly name: string; readonly value?: string }
  /** Octets of the message as it came: more than, less than. */
  readonly size?: { readonly over?: number; readonly under?: number }
  /** One of these results (RFC 8601 §2.7) for each method that is named; `none` where nothing was verified. */
  readonly authentication?: { readonly [method in AuthenticationMethod]?: readonly string[] }
  readonly source?: readonly RuleSource[]
  readonly all?: readonly Condition[]
  readonly any?: readonly Condition[]
  readonly not?: Condition
}

/** At most one of `redirect`, `reject`, `discard` and `relay`, which decide the message's fate and end the rules. */
export interface Actions {
  /** Addresses that get the message instead, here or elsewhere; its own address among them keeps it too. */
  readonly redirect?: readonly string[]
  readonly reject?: { readonly code?: number; readonly text: string }
  readonly discard?: true
  /** The domain's mail for this recipient is elsewhere: the ways to it, as routes name them, in this order. */
  readonly relay?: readonly string[]
  /** Addresses that get a copy, of which the sender hears nothing. */
  readonly copy?: readonly string[]
  /** Webhooks of the domain, by name, that are told of the message; what becomes of it otherwise is as without. */
  readonly webhook?: readonly string[]
  /** Keywords for the message in the mailbox. */
  readonly tag?: readonly string[]
  /** The mailbox in place of the inbox: names apart by `/`. It is made where it is missing. */
  readonly file?: string
}

export interface Rule {
  /** By which it is changed and removed; no two of a domain are the same. */
  readonly name: string
  /** Absent: always. */
  readonly when?: Condition
  readonly do: Actions
  /** No further rule is asked once this one fits. */
  readonly stop?: boolean
}

export interface RuleList {
  /** Changes with every change; 0 while there never were any. */
  readonly version: number
  readonly rules: readonly Rule[]
}

/** What became of a change of them; `problem` is a sentence for people. */
export type RuleChange = { ok: true; list: RuleList } | { ok: false; problem: string }

export const mostRules = 2_000
/** Characters of all rules as JSON: they are one row, and in the memory of everybody who asks. */
export const largestRules = 1_000_000
