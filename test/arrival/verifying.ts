/** A house that verifies what arrives, and an outside with domains that publish what they like. */
import {
  type Judgement,
  MailVerifier,
  type Origin,
  parseNetworks,
  type VerifierOptions,
} from '../../src/arrival/index.ts'
import { encodeUtf8 } from '../../src/format/index.ts'
import { MemoryWorld } from '../../src/host/memory/world.ts'
import type { Reply } from '../../src/protocol/smtp/index.ts'

export const client = '192.0.2.7'
export const fromOutside: Origin = {
  kind: 'smtp',
  clientAddress: client,
  helo: 'mail.outside.test',
  protocol: 'ESMTP',
  transactionId: 't1',
}
export const fromAlice: Origin = { ...fromOutside, kind: 'submission', accountId: 'alice' }
export const fromRouting: Origin = { kind: 'email-routing', transactionId: 't2' }

export class VerifyingWorld extends MemoryWorld {
  readonly judged: [Judgement, Reply][] = []
  /** Ends the time of all that is being judged. */
  timeIsOver: () => void = () => {}
  cancelled = 0

  constructor(options: Partial<VerifierOptions> = {}) {
    super()
    this.host('facteur.test', 'alice', 'bob')
    this.ports.verifier = new MailVerifier({
      dns: this.dns,
      crypto: crypto.subtle,
      clock: this.clock.now,
      timer: () => ({
        over: new Promise((resolve) => (this.timeIsOver = resolve)),
        cancel: () => this.cancelled++,
      }),
      hostname: this.hostname,
      authservId: this.hostname,
      dmarc: 'enforce',
      trustedSealers: [],
      trustedNetworks: parseNetworks('127.0.0.0/8,::1') ?? [],
      trustedAuthservIds: [],
      ...options,
    })
    this.ports.onJudged = (judgement, reply) => this.judged.push([judgement, reply])
  }

  /** A domain whose mail comes from `client`, or from elsewhere, with a DMARC policy. */
  publish(domain: string, dmarc: string, spf = `v=spf1 ip4:${client} -all`): this {
    this.dns.set(domain, { TXT: [spf], A: [client] }).set(`_dmarc.${domain}`, { TXT: [`v=DMARC1; ${dmarc}`] })
    return this
  }

  send(raw: string | Uint8Array, origin = fromOutside, reversePath = 'eve@outside.test', ...recipients: string[]) {
    const to = recipients.length === 0 ? ['alice@facteur.test'] : recipients
    const envelope = {
      reversePath,
      smtputf8: false,
      body: '8BITMIME' as const,
      recipients: to.map((address) => ({ address })),
    }
    return this.accept({ envelope, raw: typeof raw === 'string' ? encodeUtf8(raw) : raw, origin })
  }

  get judgement(): Judgement {
    const last = this.judged.at(-1)
    if (last === undefined) throw new Error('nothing was judged')
    return last[0]
  }
}

export const letterFrom = (domain: string, fields = '') =>
  `${fields}From: Boss <boss@${domain}>\r\nTo: alice@facteur.test\r\nSubject: Hi\r\n\r\nHello\r\n`
