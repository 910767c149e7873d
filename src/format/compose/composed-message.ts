/**
 * What a message is made of before it is octets: the shape that JMAP `Email/set`, reports and tests hand to the composer.
 *
 * Standards: RFC 8621 §4.1.2 (header forms), §4.6 (creation), RFC 5322, RFC 2045.
 */
import type { Address, AddressGroup } from '../address/address.ts'

/** A header field in one of the forms of RFC 8621 §4.1.2. */
export type ComposedField = { name: string } & (
  | { /** Inserted as it stands after the colon (RFC 8621 §4.1.2.1), folded already. */ raw: string }
  | { text: string }
  | { addresses: readonly (Address | AddressGroup)[] }
  | { /** Without angle brackets. */ messageIds: readonly string[] }
  | { /** ms since the epoch */ date: number; /** minutes east of UTC */ zone?: number }
  | { urls: readonly string[] }
)

export type ComposedContent =
  | {
      /** Line ends may be LF or CRLF. */ text: string
      /** Default utf-8; the other choice is us-ascii. */ charset?: string
    }
  | { /** A blob; for message/rfc822 the whole message. */ bytes: Uint8Array }
  | { children: readonly ComposedPart[] }

export interface ComposedPart {
  /** `text/plain`, `multipart/mixed`, … */
  type: string
  /** Content-Type parameters besides charset and boundary, unencoded. */
  parameters?: Readonly<Record<string, string>>
  disposition?: { type: string; parameters?: Readonly<Record<string, string>> }
  /** Without angle brackets. */
  contentId?: string
  description?: string
  language?: readonly string[]
  location?: string
  /** Further fields of this part; none may be MIME fields that the composer writes itself. */
  header?: readonly ComposedField[]
  content: ComposedContent
}

export interface ComposedMessage {
  /** In order. MIME-Version is added; Content-* fields come from `body`. */
  header: readonly ComposedField[]
  body: ComposedPart
}

export interface ComposeOptions {
  /** Unique text that boundaries are made from: the engine is pure, the caller has the randomness. 1–40 letters or digits. */
  seed: string
  /** True: header text may be raw UTF-8 (RFC 6532), to be sent with SMTPUTF8 only. Default false. */
  smtputf8?: boolean
}

/** A message cannot be composed as asked: the caller's fault, text says why. */
export class ComposeError extends Error {
  override name = 'ComposeError'
}
