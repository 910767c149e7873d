/**
 * What an administrator's request can be told: one of a few kinds, each with a sentence that says what to change.
 */

import type { AddressChange } from '../../routing/index.ts'

/** `invalid`: the request is wrong; `missing`: no such thing; `conflict`: the present state forbids it. */
export type AdminFault = 'invalid' | 'missing' | 'conflict'

/** The message is for the administrator: it names what was given, never what is inside. */
export class AdminError extends Error {
  override readonly name = 'AdminError'
  readonly fault: AdminFault
  /** The member of the request that is wrong, where it is one. */
  readonly place: string | undefined

  constructor(fault: AdminFault, message: string, place?: string) {
    super(message)
    this.fault = fault
    this.place = place
  }
}

/** The address a change ended with; what the address book refused becomes a conflict, in its own words. */
export function conflictUnless(change: AddressChange): string {
  if (change.ok) return change.address
  throw new AdminError('conflict', change.problem)
}
