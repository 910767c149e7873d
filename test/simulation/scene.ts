/** What every part of a run shares. */
import type { Chance } from './chance.ts'
import type { Ledger } from './ledger.ts'
import type { SimulatedNetwork } from './network.ts'
import type { Plan } from './plan.ts'
import type { Trace } from './trace.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface Scene {
  plan: Plan
  time: VirtualTime
  trace: Trace
  chance: Chance
  ledger: Ledger
  network: SimulatedNetwork
}

/** What a caller hears of an object or a process that ended: perhaps it did what it was asked, perhaps not. */
export const lost = 'Network connection lost.'

export function textOf(raw: Uint8Array): string {
  return Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('latin1')
}
