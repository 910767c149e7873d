/**
 * Our server and all the mail servers of others that are on this machine, each reached by the other, and a DNS that knows them.
 */
import { freePort } from '../../../src/host/local/ports.ts'
import { issue } from '../../host/bridge/authority.ts'
import { type DohServer, startDohServer } from '../doh-server.ts'
import { submitAs } from '../outgoing.ts'
import { type Parts, startParts } from '../parts.ts'
import { withoutPostfix } from '../postfix.ts'
import type { Transaction } from '../smtp-client.ts'
import { eximProgram, startExim } from './exim.ts'
import { withoutUnpacked } from './jail.ts'
import { opensmtpdProgram, startOpensmtpd } from './opensmtpd.ts'
import { faceNames, facesOf, type Peer, type PeerOptions } from './peer.ts'
import { startPostfixPeer } from './postfix-peer.ts'

export interface PeerKind {
  readonly name: 'postfix' | 'exim' | 'opensmtpd'
  /** Why it cannot be started here. */
  readonly missing: string | undefined
  readonly start: (options: PeerOptions) => Promise<Peer>
  /** What it writes about mail that came over TLS. */
  readonly encrypted: RegExp
  readonly smtputf8: boolean
  /** Whether its reports name ENVID and ORCPT. */
  readonly parametersInReports: boolean
}

export const peerKinds: readonly PeerKind[] = [
  {
    name: 'postfix',
    missing: withoutPostfix(),
    start: startPostfixPeer,
    encrypted: /using TLSv1\.3 with cipher/,
    smtputf8: true,
    parametersInReports: true,
  },
  {
    name: 'exim',
    missing: withoutUnpacked(eximProgram),
    start: startExim,
    encrypted: /with (?:utf8)?esmtps +\(TLS1\.3\)/,
    smtputf8: true,
    parametersInReports: true,
  },
  {
    name: 'opensmtpd',
    missing: withoutUnpacked(opensmtpdProgram),
    start: startOpensmtpd,
    encrypted: /with ESMTPS id \w+ \(TLSv1\.3:/,
    smtputf8: false,
    parametersInReports: false,
  },
]

export interface PeerWorld {
  readonly parts: Parts
  readonly peers: ReadonlyMap<string, Peer>
  /** Makes an account that writes to, or reads from, one peer alone; its address. */
  account(localPart: string): Promise<string>
  /** What is waiting for a domain. */
  queued(domain: string): Promise<{ recipients: { address: string; status: string; diagnostic?: string }[] }[]>
  /** Hands a message to our submission; it is accepted. */
  submit(from: string, transaction: Omit<Transaction, 'from'>): Promise<void>
  stop(): Promise<void>
}

export async function startPeerWorld(bindings: Readonly<Record<string, string>> = {}): Promise<PeerWorld> {
  const present = peerKinds.filter(({ missing }) => missing === undefined)
  const port = await freePort('127.0.0.1')
  const doh: DohServer = await startDohServer({})
  const parts = await startParts({
    bindings: { FACTEUR_DOH: doh.url, FACTEUR_MX_PORT: String(port), ...bindings },
    // A kept connection would make tests depend on each other.
    limits: { messagesPerConnection: 1 },
  })
  const started = present.map(async ({ name, start }) => {
    const number = 21 + peerKinds.findIndex((kind) => kind.name === name)
    const { chain: cert, key } = await issue(`${name}.test`)
    const faces = facesOf(number)
    for (const face of faceNames) doh.zone[`${face}.${name}.test`] = [{ type: 'A', address: faces[face] }]
    doh.zone[`${name}.test`] = [{ type: 'A', address: faces.full }]
    return [name, await start({ name, port, faces, identity: { cert, key }, relay: parts.ports.smtp })] as const
  })
  const peers = new Map(await Promise.all(started))
  return {
    parts,
    peers,
    async account(localPart) {
      const address = `${localPart}@facteur.test`
      await parts.admin('POST', '/accounts', { address, password: parts.password })
      return address
    },
    queued: (domain) => parts.admin('GET', `/queues/${domain}`) as ReturnType<PeerWorld['queued']>,
    submit: (from, transaction) => submitAs(parts, from, transaction),
    async stop() {
      await Promise.all([...peers.values()].map((peer) => peer.stop()))
      await parts.stop()
      await doh.close()
    },
  }
}
