/**
 * A record that a zone should have, and how to tell whether it has.
 */

/** One record that should be there. Names without the final dot; values as a zone file has them, unquoted. */
export interface ExpectedRecord {
  readonly name: string
  readonly type: 'MX' | 'TXT' | 'SRV' | 'TLSA' | 'CNAME'
  readonly value: string
  /** What it is for, in a few words. */
  readonly purpose: string
  /** Without it mail does not arrive, or is not believed. */
  readonly required: boolean
}

export type Expectation = ExpectedRecord & {
  /** What the DNS is asked for, when not for `type`. */
  readonly ask?: 'A'
  readonly fits: (records: readonly string[]) => boolean
  /** Records at this name that speak of something else. */
  readonly concerns?: (record: string) => boolean
}
