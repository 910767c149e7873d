/**
 * Verifies a message as it arrives: SPF, iprev, DKIM, ARC and DMARC, together and within one time.
 *
 * Nothing here refuses mail because something of ours does not work: without answers from the DNS a message is judged
 * `temperror` and taken.
 *
 * Standards: RFC 7208, RFC 6376, RFC 8617, RFC 9989 §5.3, RFC 8601.
 * Limits: those of the engines; 5 seconds for all questions to the DNS.
 * Security: fed by anyone. Judged on the octets as received, before anything of ours is on top.
 */
import { type Header, parseHeader } from '../format/index.ts'
import { arcAuthentication, type ArcResult, validateArc } from '../protocol/arc/index.ts'
import { type DkimResult, readSignedMessage, verifyDkim } from '../protocol/dkim/index.ts'
import { authorDomains, DmarcDirectory, evaluateDmarc, type Identifier } from '../protocol/dmarc/index.ts'
import { asciiDomain, type DnsResolver } from '../protocol/dns/index.ts'
import { checkIprev, checkSpf } from '../protocol/spf/index.ts'
import type { Envelope } from '../protocol/smtp/index.ts'
import { decide, type DispositionRules } from './disposition.ts'
import type { Judgement } from './judgement.ts'
import { MessageDns, type Timer } from './message-dns.ts'
import { isInNetworks, type Network } from './networks.ts'
import type { Origin } from './origin.ts'
import { reportedSpf } from './reported-spf.ts'
import { resultsOf } from './results.ts'

/** Judges mail from outside. */
export interface Verifier {
  /** Our name in Authentication-Results, lower case. */
  readonly authservId: string
  /** One of our own hosts: what it sends is neither judged nor changed. */
  trusts(origin: Origin): boolean
  /** Undefined where nothing is judged at all. `header` is that of `raw`. */
  judge(arrived: Arrived, header: Header): Promise<Judged | undefined>
}

export interface Judged {
  judgement: Judgement
  /** With its sets, for whoever continues it. */
  chain: ArcResult
}

export interface Arrived {
  envelope: Envelope
  raw: Uint8Array
  origin: Origin
}

export interface VerifierOptions {
  dns: Pick<DnsResolver, 'resolve'>
  /** `crypto.subtle` */
  crypto: Parameters<typeof verifyDkim>[2]['crypto']
  /** Milliseconds since the epoch. */
  clock: () => number
  timer: (milliseconds: number) => Timer
  hostname: string
  authservId: string
  /** `off`: nothing is asked and nothing is judged. */
  dmarc: DispositionRules['dmarc'] | 'off'
  trustedSealers: readonly string[]
  trustedNetworks: readonly Network[]
  /** Whose word on SPF is taken where the client's address is not known. */
  trustedAuthservIds: readonly string[]
  /** For all questions to the DNS of one message; default 5 seconds. */
  limitMs?: number
}

/** Authors' domains that `evaluateDmarc` judges. */
const AUTHOR_LIMIT = 4

export class MailVerifier implements Verifier {
  readonly authservId: string
  readonly #options: VerifierOptions

  constructor(options: VerifierOptions) {
    this.#options = options
    this.authservId = options.authservId.toLowerCase()
  }

  trusts({ clientAddress }: Origin): boolean {
    return clientAddress !== undefined && isInNetworks(clientAddress, this.#options.trustedNetworks)
  }

  async judge(arrived: Arrived, header: Header): Promise<Judged | undefined> {
    const { dns, timer, limitMs = 5_000, dmarc } = this.#options
    if (dmarc === 'off') return undefined
    const time = timer(limitMs)
    try {
      return await this.#judge(arrived, header, new MessageDns(dns, time), dmarc)
    } finally {
      time.cancel()
    }
  }

  async #judge(
    { envelope, raw, origin }: Arrived,
    header: Header,
    dns: DnsResolver,
    mode: DispositionRules['dmarc'],
  ): Promise<Judged> {
    const { clock, crypto } = this.#options
    const now = clock()
    const message = readSignedMessage(raw)
    const isWhole = !message.truncated && message.fields.length <= header.fields.length
    const whole = isWhole ? header : wholeHeader(raw)
    const authors = namedDomains(whole)
    const directory = new DmarcDirectory(dns)
    // The walk's answers are waiting when DMARC asks for them.
    for (const domain of authors.slice(0, AUTHOR_LIMIT)) void directory.walk(domain)
    const ports = { dns, crypto }
    const [spf, iprev, signatures, chain] = await Promise.all([
      this.#spf(envelope, origin, whole, now, dns),
      origin.clientAddress === undefined ? undefined : checkIprev(origin.clientAddress, dns),
      verifyDkim(message, { now }, ports),
      validateArc(message, { now }, ports),
    ])
    const dkim = signatures.map(wholly)
    const dmarc = await evaluateDmarc(
      { authorDomains: authors, spf: spf ?? unknownSpf(envelope, authors), dkim: dkim.map(identifier) },
      dns,
    )
    const rules = { dmarc: mode, trustedSealers: this.#options.trustedSealers }
    const decision = decide(dmarc, chain, whole, rules)
    const { status, reason, sealers, instances } = chain
    const about = {
      transactionId: origin.transactionId,
      at: now,
      ...(origin.clientAddress !== undefined && { clientAddress: origin.clientAddress }),
      ...(origin.helo !== undefined && { helo: origin.helo }),
      reversePath: envelope.reversePath,
      ...(iprev !== undefined && { iprev }),
      ...(spf !== undefined && { spf }),
      dkim,
      arc: { status, ...(reason !== undefined && { reason }), sealers, instances },
      dmarc,
      ...decision,
    }
    return { judgement: { ...about, results: resultsOf(about, arcAuthentication(chain)) }, chain }
  }

  async #spf(
    { reversePath }: Envelope,
    { clientAddress, helo = '' }: Origin,
    header: Header,
    now: number,
    dns: DnsResolver,
  ): Promise<Judgement['spf']> {
    if (clientAddress === undefined) return reportedSpf(header, this.#options.trustedAuthservIds)
    const query = { address: clientAddress, helo, sender: reversePath }
    const result = await checkSpf(query, { now, receiver: this.#options.hostname }, dns)
    return { ...result, identity: reversePath === '' ? 'helo' : 'mailfrom' }
  }
}

/** An author without a domain beside those that have one must not keep them from being judged. */
function namedDomains(header: Header): string[] {
  return authorDomains(header).filter((domain) => domain !== '')
}

/** What stands behind l= is anybody's: the message as a whole is not signed (RFC 6376 §8.2). */
function wholly(result: DkimResult): DkimResult {
  if (result.status !== 'pass' || result.unsignedOctets === undefined) return result
  return { ...result, status: 'policy', reason: 'a part of the body is not signed (l=)' }
}

function identifier({ status, domain }: DkimResult): Identifier {
  return { status, ...(domain !== undefined && { domain }) }
}

/**
 * SPF could have passed for the reverse path's domain, or, when that is null, for any host of the author's: so it is in
 * doubt, and only what it could not have saved fails.
 */
function unknownSpf({ reversePath }: Envelope, authors: readonly string[]): Identifier {
  const domain = reversePath === '' ? authors[0] : asciiDomain(reversePath.slice(reversePath.lastIndexOf('@') + 1))
  return { status: 'temperror', ...(domain !== undefined && { domain }) }
}

/** Mail apps may read more of a header than we do elsewhere: From is looked for in all of it. */
function wholeHeader(raw: Uint8Array): Header {
  return parseHeader(raw, 0, { headerBytes: Infinity, headerFields: Infinity }).header
}
