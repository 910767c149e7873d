/**
 * What is done with a message, by what the author's domain asks for and by what else is known of it.
 *
 * A domain that asks to reject is followed where nothing speaks for a detour. Mail that passed a list or a forwarder breaks
 * SPF and often DKIM without anybody's forging, and a refusal of it hits our own people: lists take them off. Such mail goes
 * to the mailbox for junk. Anybody can write the fields that tell of a detour, and gains no more than that mailbox. So does mail
 * whose From names no author's domain, or more than any honest one: else that would be the way around every policy.
 *
 * Standards: RFC 9989 §7.4 (never by p=reject alone), §5.3.6, RFC 7960 (indirect mail), RFC 8617 §7.2.1 (trusted sealers),
 * RFC 2919, RFC 2369 and RFC 3834 §3.1.8 (fields of lists), RFC 5322 §3.6.6 (Resent-).
 */
import type { Header } from '../format/index.ts'
import { type ArcResult, readResults } from '../protocol/arc/index.ts'
import type { DmarcPolicy, DmarcResult } from '../protocol/dmarc/index.ts'
import type { DispositionOverride } from './judgement.ts'

export interface Disposition {
  disposition: DmarcPolicy
  override?: DispositionOverride
}

export interface DispositionRules {
  /** `report`: results are written down, and nothing follows from them. */
  dmarc: 'enforce' | 'report'
  /** Domains, lower case, whose word in an ARC chain is taken for what they received. */
  trustedSealers: readonly string[]
}

export function decide(
  dmarc: DmarcResult,
  arc: ArcResult,
  header: Header,
  { dmarc: mode, trustedSealers }: DispositionRules,
): Disposition {
  const asked = dmarc.disposition
  const tried =
    dmarc.status === 'fail' && dmarc.policy !== asked
      ? override('policy_test_mode', `${dmarc.policyDomain ?? dmarc.domain} is trying its policy out (t=y)`)
      : {}
  if (dmarc.status === 'permerror' && mode === 'enforce') {
    return { disposition: 'quarantine', ...override('local_policy', 'without an author nobody can be asked') }
  }
  if (asked === 'none') return { disposition: 'none', ...tried }
  const sealer = vouchingSealer(arc, dmarc.domain, trustedSealers)
  if (sealer !== undefined) {
    return { disposition: 'none', ...override('trusted_forwarder', `${sealer} vouches by ARC that DMARC passed there`) }
  }
  if (mode === 'report') {
    return { disposition: 'none', ...override('local_policy', 'policies are reported here, not followed') }
  }
  if (asked === 'quarantine') return { disposition: 'quarantine', ...tried }
  const detour = detourOf(header, arc)
  return detour === undefined ? { disposition: 'reject' } : { disposition: 'quarantine', override: detour }
}

function override(type: DispositionOverride['type'], comment: string): { override: DispositionOverride } {
  return { override: { type, comment } }
}

/**
 * The trusted sealer that says DMARC passed for `domain` when the message came to it. Everybody behind it in the chain must
 * be trusted too, since each could have changed what it passed on.
 */
export function vouchingSealer(arc: ArcResult, domain: string, trustedSealers: readonly string[]): string | undefined {
  if (arc.status !== 'pass' || trustedSealers.length === 0) return undefined
  for (let at = arc.sealers.length - 1; at >= 0; at--) {
    const sealer = arc.sealers[at]
    if (sealer === undefined || !trustedSealers.includes(sealer)) return undefined
    const found = readResults(arc.sets[at]?.results.value ?? '')?.results.find(({ method }) => method === 'dmarc')
    const from = found?.properties.find(({ type, name }) => type === 'header' && name === 'from')?.value.toLowerCase()
    if (found?.result === 'pass' && from === domain) return sealer
  }
  return undefined
}

const listFields = ['list-id', 'list-post', 'mailing-list']
const forwardFields = ['resent-from', 'resent-sender', 'delivered-to', 'x-forwarded-to', 'x-forwarded-for']

function detourOf(header: Header, arc: ArcResult): DispositionOverride | undefined {
  const isList = listFields.some((name) => header.has(name)) || /^\s*list\s*$/i.test(header.first('precedence') ?? '')
  if (isList) return { type: 'mailing_list', comment: 'it says that a mailing list sent it' }
  if (arc.status === 'pass') return { type: 'local_policy', comment: 'others passed it on (ARC)' }
  const forwarded = forwardFields.some((name) => header.has(name))
  return forwarded ? { type: 'local_policy', comment: 'it says that somebody passed it on' } : undefined
}
