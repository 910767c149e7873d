/**
 * Makes up a masked address that nobody has.
 */
import type { DomainStore } from './domain-store.ts'
import { maskName } from './mask-name.ts'
import type { MaskedAddress, MaskFacts, MaskRefusal } from './masked-addresses.ts'

export interface NewMask extends MaskFacts {
  state: 'pending' | 'enabled' | 'disabled'
  createdBy: string
  /** What the address begins with: a to z, 0 to 9 and _. */
  prefix: string
}

/** Names are many, so that a second try is rare and a fifth means that the prefix is to blame. */
const tries = 5

/** Undefined when the domain is not hosted, or has no such account. */
export function makeMask(
  store: DomainStore,
  accountId: string,
  { prefix, ...facts }: NewMask,
  now: number,
  random: (below: number) => number,
): MaskedAddress | MaskRefusal | undefined {
  const { masks } = store
  if (masks === undefined || !store.hasAccount(accountId)) return undefined
  for (let left = tries; left > 0; left--) {
    const localPart = maskName(random, prefix)
    if (!store.isFree(localPart)) continue
    const mask = { ...facts, localPart, accountId, created: now }
    return masks.add(mask, now) ?? mask
  }
  return 'tooMany'
}
