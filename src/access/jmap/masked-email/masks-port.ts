/**
 * What masked addresses need of the account's domain, which has them. Each call asks it; rejects when it cannot be asked.
 */
import type { MaskedAddress, MaskRefusal, NewMask } from '../../../routing/index.ts'

export interface MasksPort {
  /** Of the addresses. */
  readonly domain: string
  /** The account's own, oldest first. `state` moves with every change, whoever's. */
  list(): Promise<{ readonly state: number; readonly masks: readonly MaskedAddress[] }>
  /** Throws `notFound` when the domain does not know the account. */
  make(mask: NewMask): Promise<MaskedAddress | MaskRefusal>
  update(mask: MaskedAddress): Promise<void>
  /** One that no message came to. */
  remove(localPart: string): Promise<void>
}
