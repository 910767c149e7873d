/**
 * The envelope sender of mail that an alias or a rule sends on: an address of the domain that sends it, so that SPF fits, and
 * by which a returned message finds its way back (the Sender Rewriting Scheme).
 *
 * `eve@outside.example` becomes `SRS0=hash=day=outside.example=eve@here.example`; what another host has rewritten already
 * becomes `SRS1=hash=that.host==…`, which leads back to that host, and not to a chain of them.
 *
 * Standards: RFC 7208 §2.4, appendix D.3 (mediators), RFC 5321 §4.5.3.1.1 (64 octets before the @).
 * Security: without a hash of ours an address leads nowhere, and none does after three weeks: else we would bring anybody's
 * mail to anybody.
 */
import { formatAddress, splitAddress } from '../format/index.ts'
import { canonicalDomain } from './address.ts'
import type { Directory } from './directory.ts'

/** Eight characters of a-z and 2-7 that nobody else can find out for this text. */
export type Mac = (text: string) => Promise<string>

export interface ReturnPathPorts {
  readonly directory: Directory
  /** Of a domain; undefined when it is not hosted here. */
  mac(domain: string): Promise<Mac | undefined>
  /** Milliseconds since the epoch. */
  readonly clock: () => number
}

const day = 86_400_000
/** Queues keep mail for five days, others' no longer than a week or two. */
const lifeDays = 21
/** Two characters. */
const dayCycle = 1_024
const largestLocalPart = 64
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

export class ReturnPaths {
  readonly #ports: ReturnPathPorts

  constructor(ports: ReturnPathPorts) {
    this.#ports = ports
  }

  /** The address book that knows rewritten addresses too. */
  get directory(): Directory {
    const { directory } = this.#ports
    return {
      lookup: async (domain, localPart) => {
        const origin = /^srs[01][-=+]/i.test(localPart) ? await this.origin(domain, localPart) : undefined
        return origin === undefined ? directory.lookup(domain, localPart) : { kind: 'alias', targets: [origin] }
      },
      ...(directory.rules === undefined ? {} : { rules: directory.rules.bind(directory) }),
    }
  }

  /** What `reversePath` becomes where `alias` sends the message on; itself where it is ours, nobody's, or too long. */
  async onward(reversePath: string, alias: string): Promise<string> {
    const sender = splitAddress(reversePath)
    const from = canonicalDomain(sender?.domain ?? '')
    const domain = splitAddress(alias)?.domain
    if (sender === undefined || from === undefined || from.startsWith('[') || domain === undefined) return reversePath
    if ((await this.#ports.directory.lookup(from, 'postmaster')).kind !== 'foreign') return reversePath
    const mac = await this.#ports.mac(domain)
    if (mac === undefined) return reversePath
    const localPart = await rewritten(sender.localPart, from, mac, this.#ports.clock())
    if (new TextEncoder().encode(localPart).length > largestLocalPart) return reversePath
    return formatAddress({ localPart, domain })
  }

  /** Where mail to a rewritten address goes; undefined when it is none of ours, or too old. */
  async origin(domain: string, localPart: string): Promise<string | undefined> {
    const mac = await this.#ports.mac(domain)
    if (mac === undefined) return undefined
    const first = /^srs0[-=+]([a-z2-7]{8})=([a-z2-7]{2})=([^=]+)=(.+)$/i.exec(localPart)
    if (first !== null) {
      const [, hash = '', stamp = '', host = '', local = ''] = first
      const isOurs = hash.toLowerCase() === (await mac(text(stamp, host, local)))
      return isOurs && isFresh(stamp, this.#ports.clock())
        ? formatAddress({ localPart: local, domain: host })
        : undefined
    }
    const next = /^srs1[-=+]([a-z2-7]{8})=([^=]+)=([-=+].+)$/i.exec(localPart)
    if (next === null) return undefined
    const [, hash = '', host = '', rest = ''] = next
    return hash.toLowerCase() === (await mac(text(host, rest)))
      ? formatAddress({ localPart: `SRS0${rest}`, domain: host })
      : undefined
  }
}

async function rewritten(localPart: string, domain: string, mac: Mac, now: number): Promise<string> {
  const first = /^srs0([-=+].+)$/i.exec(localPart)
  const next = /^srs1[-=+][^=]+=([^=]+)=([-=+].+)$/i.exec(localPart)
  const [host, rest] = next === null ? [domain, first?.[1]] : [next[1], next[2]]
  if (host !== undefined && rest !== undefined) return `SRS1=${await mac(text(host, rest))}=${host}=${rest}`
  const stamp = stampOf(now)
  return `SRS0=${await mac(text(stamp, domain, localPart))}=${stamp}=${domain}=${localPart}`
}

/** Hosts on the way may have changed the case. */
function text(...parts: string[]): string {
  return parts.join('=').toLowerCase()
}

function stampOf(now: number): string {
  const days = Math.floor(now / day) % dayCycle
  return `${alphabet.charAt(days >> 5)}${alphabet.charAt(days & 31)}`
}

function isFresh(stamp: string, now: number): boolean {
  const [high, low] = [0, 1].map((at) => alphabet.indexOf(stamp.charAt(at).toLowerCase())) as [number, number]
  const age = ((Math.floor(now / day) % dayCycle) - (high * 32 + low) + dayCycle) % dayCycle
  return age <= lifeDays
}
