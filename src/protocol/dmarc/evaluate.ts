/**
 * DMARC: does the author's domain stand behind the message, and what does it ask for when not?
 *
 * Standards: RFC 9989 §4.4 (alignment), §4.10 (discovery), §5.3 (evaluation), §4.7 (t=), RFC 8601 §2.7 and RFC 7489 §11.2
 * (the words for the outcome).
 * Security: all of it is said by strangers, and a policy is a request: what is done is the receiver's decision.
 */
import { type DnsResolver, isWithin } from '../dns/index.ts'
import type { Alignment, DmarcPolicy, DmarcRecord } from './record.ts'
import { DmarcDirectory, type FoundRecord, selectOrganizationalDomain } from './tree-walk.ts'

/** What was found of one identifier: a DKIM signature's d=, or the domain that SPF was asked for. */
export interface Identifier {
  status: string
  domain?: string
}

export interface DmarcEvidence {
  /** See `authorDomains`. */
  authorDomains: readonly string[]
  /** The MAIL FROM (or, for the null path, HELO) identity; undefined when SPF was not checked. */
  spf?: Identifier
  dkim: readonly Identifier[]
}

export type DmarcStatus = 'pass' | 'fail' | 'none' | 'temperror' | 'permerror'

export interface DmarcResult {
  status: DmarcStatus
  /** The author domain that this is about. */
  domain: string
  reason: string
  /** What the owner asks for when mail of this domain fails: p=, sp= or np=, before t=. */
  policy?: DmarcPolicy
  /** What is asked for this message: `none` unless it failed, and one step milder while the owner tries out (t=y). */
  disposition: DmarcPolicy
  /** Where the record was found, the record, and the organizational domain if it was needed and found. */
  policyDomain?: string
  record?: DmarcRecord
  organizationalDomain?: string
  aligned: { spf: boolean; dkim: boolean }
}

/** More author domains than this are not looked at: such a message is not mail that people write. */
const AUTHOR_LIMIT = 4

const severity: Readonly<Record<DmarcStatus, number>> = { pass: 0, none: 1, temperror: 2, permerror: 3, fail: 4 }
const strength: Readonly<Record<DmarcPolicy, number>> = { none: 0, quarantine: 1, reject: 2 }

/** Evaluates a message. Of several author domains the one that speaks most against it counts. */
export async function evaluateDmarc(evidence: DmarcEvidence, dns: Pick<DnsResolver, 'resolve'>): Promise<DmarcResult> {
  const domains = evidence.authorDomains
  if (domains.length === 0 || domains.length > AUTHOR_LIMIT || domains.includes('')) {
    const reason = domains.length > AUTHOR_LIMIT ? 'From has too many domains' : 'From has no address with a domain'
    return {
      status: 'permerror',
      domain: domains[0] ?? '',
      reason,
      disposition: 'none',
      aligned: { spf: false, dkim: false },
    }
  }
  const directory = new DmarcDirectory(dns)
  const results: DmarcResult[] = []
  for (const domain of domains) results.push(await evaluateDomain(domain, evidence, directory))
  return results.reduce((worst, result) => (weight(result) > weight(worst) ? result : worst))
}

function weight({ status, disposition }: DmarcResult): number {
  return strength[disposition] * 10 + severity[status]
}

async function evaluateDomain(
  domain: string,
  evidence: DmarcEvidence,
  directory: DmarcDirectory,
): Promise<DmarcResult> {
  const walk = await directory.walk(domain)
  const aligned = { spf: false, dkim: false }
  const about = { domain, disposition: 'none' as const, aligned }
  const own = walk.found[0]?.domain === domain ? walk.found[0] : undefined
  if (own === undefined && walk.failure !== undefined) return { ...about, status: 'temperror', reason: walk.failure }
  const organizational = walk.failure === undefined ? selectOrganizationalDomain(domain, walk.found) : undefined
  const source = own ?? inherited(organizational, walk.found)
  if (source === undefined) return { ...about, status: 'none', reason: 'the domain has no DMARC record' }
  const known = {
    policyDomain: source.domain,
    record: source.record,
    ...(organizational !== undefined && { organizationalDomain: organizational }),
  }
  const { record } = source
  if (!record.applies) return { ...about, ...known, status: 'none', reason: 'the DMARC record has no valid policy' }
  const check = new AlignmentCheck(domain, organizational, directory)
  aligned.spf = evidence.spf !== undefined && (await check.passes(evidence.spf, record.spfAlignment))
  for (const identifier of evidence.dkim) aligned.dkim ||= await check.passes(identifier, record.dkimAlignment)
  const policy = own === undefined ? await inheritedPolicy(domain, record, directory) : record.policy
  if (aligned.spf || aligned.dkim) {
    const by = [aligned.spf && 'SPF', aligned.dkim && 'DKIM'].filter((name) => name !== false).join(' and ')
    return {
      ...about,
      ...known,
      status: 'pass',
      reason: `${by} of the author's domain passed`,
      policy: policy ?? record.policy,
    }
  }
  if (policy === undefined) {
    return { ...about, ...known, status: 'temperror', reason: `no answer from the DNS on whether ${domain} exists` }
  }
  const doubt = await check.doubt(evidence, record)
  if (doubt !== undefined) return { ...about, ...known, status: 'temperror', reason: doubt, policy }
  const disposition = record.testing ? milder(policy) : policy
  const reason = `neither SPF nor DKIM of ${domain} passed`
  return { ...about, ...known, status: 'fail', reason, policy, disposition }
}

/** The record for a domain without one: its organizational domain's, or that of the public suffix (RFC 9989 §4.10.1). */
function inherited(organizational: string | undefined, found: readonly FoundRecord[]): FoundRecord | undefined {
  const last = found.at(-1)
  return (
    found.find(({ domain }) => domain === organizational) ?? (last?.record.publicSuffix === true ? last : undefined)
  )
}

/** sp= or np=; undefined when it hangs on whether the domain exists and that is not known. */
async function inheritedPolicy(
  domain: string,
  record: DmarcRecord,
  directory: DmarcDirectory,
): Promise<DmarcPolicy | undefined> {
  if (!record.asksExistence || record.nonexistentPolicy === record.subdomainPolicy) return record.subdomainPolicy
  const exists = await directory.exists(domain)
  return exists === undefined ? undefined : exists ? record.subdomainPolicy : record.nonexistentPolicy
}

/** t=y asks for the step below (RFC 9989 §4.7). */
function milder(policy: DmarcPolicy): DmarcPolicy {
  return policy === 'reject' ? 'quarantine' : 'none'
}

class AlignmentCheck {
  readonly #author: string
  readonly #organizational: string | undefined
  readonly #directory: DmarcDirectory

  constructor(author: string, organizational: string | undefined, directory: DmarcDirectory) {
    this.#author = author
    this.#organizational = organizational
    this.#directory = directory
  }

  async passes(identifier: Identifier, mode: Alignment): Promise<boolean> {
    return identifier.status === 'pass' && (await this.#aligned(identifier.domain, mode)) === true
  }

  /** Why the outcome is not certain: what did not answer may have been the author's. */
  async doubt({ spf, dkim }: DmarcEvidence, record: DmarcRecord): Promise<string | undefined> {
    const candidates: [string, Identifier, Alignment][] = dkim.map((one) => ['DKIM', one, record.dkimAlignment])
    if (spf !== undefined) candidates.push(['SPF', spf, record.spfAlignment])
    for (const [name, identifier, mode] of candidates) {
      if (identifier.status !== 'pass' && identifier.status !== 'temperror') continue
      const aligned = await this.#aligned(identifier.domain, mode)
      if (aligned === undefined)
        return `the DNS did not tell whether ${identifier.domain ?? ''} is of the author's domain`
      if (aligned && identifier.status === 'temperror')
        return `${name} of ${identifier.domain ?? ''} could not be checked`
    }
    return undefined
  }

  /** Undefined when the DNS did not tell. */
  async #aligned(domain: string | undefined, mode: Alignment): Promise<boolean | undefined> {
    if (domain === undefined || domain === '') return false
    if (domain === this.#author) return true
    if (mode === 'strict') return false
    // An organizational domain is a name itself or above it: what is not below the author's needs no walk.
    const above = this.#organizational ?? this.#author.slice(this.#author.lastIndexOf('.') + 1)
    if (!isWithin(domain, above)) return false
    if (this.#organizational === undefined) return undefined
    const other = await this.#directory.organizationalDomain(domain)
    return other === undefined ? undefined : other === this.#organizational
  }
}
