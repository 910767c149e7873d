/**
 * The port to the address books of hosted domains.
 */

/** What the directory knows about one address. */
export type DirectoryAnswer =
  /** The domain is not hosted here. */
  | { kind: 'foreign' }
  /** The domain is hosted here and has no such address. */
  | { kind: 'unknown' }
  | {
      kind: 'account'
      accountId: string
      /** The account's own address, without subaddress. */
      address: string
      /** What follows the separator in `alice+detail@` (RFC 5233). */
      detail?: string
      /** `address` is a masked one of the account's; mail to a disabled one goes to the trash. */
      mask?: 'enabled' | 'disabled'
    }
  /** Addresses here or elsewhere that get the message instead. */
  | { kind: 'alias'; targets: string[] }

/**
 * Asks the owner of a domain's addresses. `domain` is canonical (`canonicalDomain`); `localPart` as on the envelope,
 * without quotes. Rejects when the owner cannot be asked: a temporary failure.
 */
export interface Directory {
  lookup(domain: string, localPart: string): Promise<DirectoryAnswer>
}

/** An SMTP refusal as a value (RFC 5321 §4.2, RFC 3463); fits protocol/smtp's `Reply`. */
export interface Refusal {
  code: number
  enhanced: string
  text: string
}
