/**
 * The port to the address books of hosted domains.
 */

import type { Rules } from './rules/index.ts'
import type { Watcher } from './webhook.ts'

/** What the directory knows about one address. */
export type DirectoryAnswer =
  /** The domain is not hosted here. */
  { kind: 'foreign' } | HostedAnswer

type HostedAnswer =
  /** The domain is hosted here and has no such address. */
  (
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
    /** The domain's mailbox for reports of other servers, which is nobody's. */
    | { kind: 'reports' }
    /** Addresses here or elsewhere that get the message instead. */
    | { kind: 'alias'; targets: string[] }
    /** A distribution list, or an address below one; `detail` is what follows the separator. */
    | { kind: 'list'; listId: string; role: 'post' | 'bounces' | 'unsubscribe'; detail?: string }
  ) & {
    /** The domain has rules, in this version, and they are asked first. */
    rules?: number
    /** Webhooks that hear of mail from the domain. */
    watchers?: readonly Watcher[]
  }

/** A domain's rules, ready to be asked. */
export interface DomainRules {
  readonly rules: Rules
  /** What separates a subaddress; '' where there are none. */
  readonly separator: string
}

/**
 * Asks the owner of a domain's addresses. `domain` is canonical (`canonicalDomain`); `localPart` as on the envelope,
 * without quotes. Rejects when the owner cannot be asked: a temporary failure.
 */
export interface Directory {
  lookup(domain: string, localPart: string): Promise<DirectoryAnswer>
  /** The rules of a domain that has some, in this version or a later one. Absent: rules are not asked. */
  rules?(domain: string, version: number): Promise<DomainRules>
}
