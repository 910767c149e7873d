/**
 * Mail from outside that an alias passes on is sealed: whoever gets it next can see what it looked like when it came.
 *
 * A seal helps and promises nothing: where it cannot be made, the message goes on without.
 *
 * Standards: RFC 8617 §5.1 (when and what to seal), §7.2 (results as found on arrival).
 */
import { type AuthenticationResult, prependFields, splitAddress } from '../format/index.ts'
import type { ArcResult } from '../protocol/arc/index.ts'
import { canonicalDomain } from '../routing/index.ts'

/** What was found on arrival, to be sealed. */
export interface Sealable {
  authservId: string
  results: readonly AuthenticationResult[]
  chain: ArcResult
}

/** Seals for the domains that are hosted here. */
export interface SealingPort {
  /** Whole ARC fields for the top; none when the domain does not seal, or the chain must not go on. */
  seal(domain: string, raw: Uint8Array, found: Sealable, now: number): Promise<string[]>
}

/**
 * How an alias passes `raw` on: with a seal of the alias's domain, made once for each. Undefined when there is nothing to
 * tell. What it returns never rejects.
 */
export function sealing(
  raw: Uint8Array,
  found: Sealable | undefined,
  ports: { sealer?: SealingPort; clock: () => number },
  onFault: (cause: unknown) => void,
): ((alias: string) => Promise<Uint8Array>) | undefined {
  const { sealer } = ports
  if (found === undefined || sealer === undefined) return undefined
  const made = new Map<string, Promise<Uint8Array>>()
  const seal = async (domain: string): Promise<Uint8Array> => {
    try {
      return prependFields(raw, await sealer.seal(domain, raw, found, ports.clock()))
    } catch (cause) {
      onFault(cause)
      return raw
    }
  }
  return async (alias) => {
    const domain = canonicalDomain(splitAddress(alias)?.domain ?? '')
    if (domain === undefined) return raw
    const sealed = made.get(domain) ?? seal(domain)
    made.set(domain, sealed)
    return sealed
  }
}
