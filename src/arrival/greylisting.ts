/**
 * Puts newcomers off once: software that only sends spam seldom tries again, a mail server does.
 *
 * Waived for whoever shows otherwise that it is no newcomer: a network that came back before, and a client that SPF says is
 * the sender's. Where the list cannot be asked, nobody is put off.
 *
 * Standards: RFC 6647 §2.4 (at RCPT), §5 (recommendations), RFC 7208 (SPF).
 * Security: asked by strangers; what is kept of them is one hash each.
 */
import type { DnsResolver } from '../protocol/dns/index.ts'
import { checkSpf, parseIpAddress } from '../protocol/spf/index.ts'
import { MessageDns, type Timer } from './message-dns.ts'
import { isInNetworks, type Network } from './networks.ts'
import type { Origin } from './origin.ts'

/** Where it is kept who came when. Hashes are whole numbers below 2^52. May reject. */
export interface GreylistPort {
  isFamiliar(network: number): Promise<boolean>
  /** Milliseconds for which this one is put off; 0: it has come back. */
  meet(network: number, triplet: number, delayMs: number): Promise<number>
}

export interface GreylistingOptions {
  list: GreylistPort
  delayMs: number
  trustedNetworks: readonly Network[]
  dns: Pick<DnsResolver, 'resolve'>
  timer: (milliseconds: number) => Timer
  /** For SPF; default 3 seconds. */
  limitMs?: number
  clock: () => number
  hostname: string
  digest: (octets: Uint8Array) => Promise<ArrayBuffer>
  /** Who need not be asked about again, in plain values: shared by all that put off. */
  waived: WaivedClients
  /** What broke: then nobody is put off. */
  onFault?: (cause: unknown) => void
}

export interface Newcomer {
  origin: Origin
  reversePath: string
  recipient: string
}

export class Greylisting {
  readonly #options: GreylistingOptions

  constructor(options: GreylistingOptions) {
    this.#options = options
  }

  /** Seconds after which the client may try again; 0: it is welcome now. Never rejects. */
  async wait(newcomer: Newcomer): Promise<number> {
    const { kind, clientAddress, screened } = newcomer.origin
    const { trustedNetworks, onFault } = this.#options
    const network = kind === 'smtp' && clientAddress !== undefined ? networkOf(clientAddress) : undefined
    if (network === undefined || clientAddress === undefined || screened?.welcome === true) return 0
    if (isInNetworks(clientAddress, trustedNetworks)) return 0
    try {
      return Math.ceil((await this.#wait(newcomer, clientAddress, network)) / 1000)
    } catch (cause) {
      onFault?.(cause)
      return 0
    }
  }

  async #wait({ origin, reversePath, recipient }: Newcomer, address: string, network: string): Promise<number> {
    const { list, delayMs, waived, clock } = this.#options
    const sender = reversePath.toLowerCase()
    const ofDomain = `${address} ${sender.slice(sender.lastIndexOf('@') + 1) || (origin.helo ?? '')}`
    if (waived.has(network, clock()) || waived.has(ofDomain, clock())) return 0
    const ofNetwork = await this.#hash(network)
    if (await list.isFamiliar(ofNetwork)) {
      waived.add(network, clock())
      return 0
    }
    if (await this.#isTheSenders(address, origin.helo ?? '', reversePath)) {
      waived.add(ofDomain, clock())
      return 0
    }
    const triplet = await this.#hash(`${network}\n${sender}\n${recipient.toLowerCase()}`)
    const wait = await list.meet(ofNetwork, triplet, delayMs)
    if (wait === 0) waived.add(network, clock())
    return wait
  }

  async #isTheSenders(address: string, helo: string, sender: string): Promise<boolean> {
    const { dns, timer, limitMs = 3_000, clock, hostname } = this.#options
    const time = timer(limitMs)
    try {
      const options = { now: clock(), receiver: hostname }
      const { status } = await checkSpf({ address, helo, sender }, options, new MessageDns(dns, time))
      return status === 'pass'
    } finally {
      time.cancel()
    }
  }

  async #hash(text: string): Promise<number> {
    const digest = new DataView(await this.#options.digest(new TextEncoder().encode(text)))
    return digest.getUint32(0) * 2 ** 20 + (digest.getUint32(4) >>> 12)
  }
}

/** Clients that were waived lately. Bounded: the oldest makes room, and is asked about again. */
export class WaivedClients {
  readonly #until = new Map<string, number>()
  readonly #most: number

  constructor(most = 20_000) {
    this.#most = most
  }

  has(client: string, now: number): boolean {
    return (this.#until.get(client) ?? 0) > now
  }

  add(client: string, now: number): void {
    this.#until.delete(client)
    this.#until.set(client, now + waivedMs)
    const oldest = this.#until.size > this.#most ? this.#until.keys().next().value : undefined
    if (oldest !== undefined) this.#until.delete(oldest)
  }
}

const waivedMs = 10 * 60_000

/** A /24, or a /64: servers of one sender stand close together, and the next try may come from another (RFC 6647 §5). */
function networkOf(address: string): string | undefined {
  const client = parseIpAddress(address)
  return client?.subarray(0, client.length === 4 ? 3 : 8).join('.')
}
