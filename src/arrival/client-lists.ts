/**
 * What lists in the DNS say of a client: block lists, and lists of clients that are known to be good.
 *
 * Nothing that does not work refuses mail: a list that does not answer, answers outside of 127/8, says that it does not want
 * to be asked, or lists everybody is as one that knows nothing.
 *
 * Standards: RFC 5782 §2.1 (IPv4), §2.3 (answers), §2.4 (IPv6), §3 (lists of good clients), §5 (test points), RFC 3463 (5.7.1).
 * Limits: all questions about a client within one time; 200 characters of a list's own words.
 * Security: lists are run by strangers. Their words go into a reply only as printable ASCII.
 */
import { type DnsAnswer, type DnsResolver } from '../protocol/dns/index.ts'
import type { Reply } from '../protocol/smtp/index.ts'
import { type IpAddress, parseIpAddress, reverseName } from '../protocol/spf/index.ts'
import { type BlockList, type ClientList, junkPoints, rejectPoints } from './client-list-settings.ts'
import { MessageDns, type Timer } from './message-dns.ts'

export interface ClientVerdict {
  /** Its mail is not taken, but for that to those who can help. */
  refusal?: Reply
  /** Its mail goes to the mailbox for junk, for this reason. */
  junk?: string
  /** It is known to be good: neither refused for being listed nor put off for being new. */
  welcome?: true
}

export interface ClientListsOptions {
  block: readonly BlockList[]
  welcome: readonly ClientList[]
  dns: Pick<DnsResolver, 'resolve'>
  timer: (milliseconds: number) => Timer
  /** For all questions about one client; default 2 seconds. */
  limitMs?: number
  /** Told when a list is of no use, each time that is noticed. Must not throw. */
  onUseless?: (list: string, problem: string) => void
}

const longestReason = 200
/** Letters and digits of such a length are the key of a customer of the list, which nobody else is to see. */
const keyLength = 20

/** RFC 5782 §5: every list has 127.0.0.2, … */
const test4 = Uint8Array.of(127, 0, 0, 2)
const test6 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 2)
/** … and none may have 127.0.0.1, or it has everybody. */
const unlisted4 = Uint8Array.of(127, 0, 0, 1)
const unlisted6 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1)

export class ClientLists {
  readonly #options: ClientListsOptions

  constructor(options: ClientListsOptions) {
    this.#options = options
  }

  /** False when there is nothing to ask. */
  get any(): boolean {
    return this.#options.block.length + this.#options.welcome.length > 0
  }

  /** Never rejects. */
  async judge(clientAddress: string): Promise<ClientVerdict> {
    const { block, welcome, timer, limitMs = 2_000 } = this.#options
    const client = parseIpAddress(clientAddress)
    if (client === undefined) return {}
    const time = timer(limitMs)
    const dns = new MessageDns(this.#options.dns, time)
    try {
      const isOn = (list: ClientList) => this.#isOn(list, client, dns)
      const [welcomed, blocked] = await Promise.all([
        Promise.all(welcome.map(isOn)),
        Promise.all(block.map(isOn)),
        // The answers are remembered like all others, so this is asked once in a while.
        Promise.all([...block, ...welcome].map(({ domain }) => this.#tryOut(domain, dns))),
      ])
      if (welcomed.includes(true)) return { welcome: true }
      const on = block.filter((_, at) => blocked[at])
      return await verdictOf(on, clientAddress, client, dns)
    } finally {
      time.cancel()
    }
  }

  /** Tells the operator of a list that has not even its test address: its name may be mistyped, or it may have ended. */
  async #tryOut(domain: string, dns: DnsResolver): Promise<void> {
    for (const address of [test4, test6]) {
      const { status } = await dns.resolve(nameOn(domain, address), 'A')
      if (status === 'found' || status === 'failed') return
    }
    this.#options.onUseless?.(shown(domain), 'it does not list its test address 127.0.0.2, so it lists nobody')
  }

  async #isOn(list: ClientList, client: IpAddress, dns: DnsResolver): Promise<boolean> {
    const { domain } = list
    const answer = await dns.resolve(nameOn(domain, client), 'A')
    const { refused, listed } = readAnswer(answer, list)
    if (refused !== undefined) this.#options.onUseless?.(shown(domain), `it does not want to be asked (${refused})`)
    if (!listed) return false
    const nobody = await dns.resolve(nameOn(domain, client.length === 4 ? unlisted4 : unlisted6), 'A')
    const listsAll = readAnswer(nobody, list).listed
    if (listsAll) this.#options.onUseless?.(shown(domain), 'it lists 127.0.0.1, so it lists everybody')
    return !listsAll
  }
}

async function verdictOf(
  on: readonly BlockList[],
  clientAddress: string,
  client: IpAddress,
  dns: DnsResolver,
): Promise<ClientVerdict> {
  if (on.length === 0) return {}
  const points = on.reduce((sum, { effect }) => sum + (typeof effect === 'number' ? effect : 0), 0)
  const names = [...new Set(on.map(({ domain }) => shown(domain)))].join(', ')
  const says = (effect: BlockList['effect']) => on.some((list) => list.effect === effect)
  if (says('reject') || points >= rejectPoints) {
    const culprit = on.find(({ effect }) => effect === 'reject') ?? on[0]
    const reason = await reasonOf(culprit?.domain ?? '', client, dns)
    const text = [`Client host [${clientAddress}] is on a block list: ${names}`]
    return { refusal: { code: 550, enhanced: '5.7.1', text: reason === '' ? text : [...text, reason] } }
  }
  return says('junk') || points >= junkPoints ? { junk: `the client is on a block list: ${names}` } : {}
}

/** In the list's words, if it has any. */
async function reasonOf(domain: string, client: IpAddress, dns: DnsResolver): Promise<string> {
  const answer = await dns.resolve(nameOn(domain, client), 'TXT')
  const [text = ''] = answer.status === 'found' ? answer.records : []
  return text.replace(/[^\x20-\x7e]/g, '').slice(0, longestReason)
}

/** `7.2.0.192.list.example`; of an IPv6 address the nibbles. */
export function nameOn(domain: string, client: IpAddress): string {
  return reverseName(client).replace(/(?:in-addr|ip6)\.arpa$/, domain)
}

/**
 * 127/8 alone means a listing. In it 127.0.0.1 is none (§2.1; lists that refuse a question answer so), and 127.255.255/24
 * has the refusals of those that answer public resolvers and heavy users with one.
 */
function readAnswer(answer: DnsAnswer<'A'>, { from, to }: ClientList): { listed: boolean; refused?: string } {
  if (answer.status !== 'found') return { listed: false }
  const inside = answer.records.filter((record) => record.startsWith('127.'))
  const refused = inside.find((record) => record === '127.0.0.1' || record.startsWith('127.255.255.'))
  if (refused !== undefined) return { listed: false, refused }
  return {
    listed: inside.some((record) => {
      const last = Number(record.slice(record.lastIndexOf('.') + 1))
      return last >= from && last <= to
    }),
  }
}

function shown(domain: string): string {
  const labels = domain.split('.')
  return labels.filter((label) => label.length < keyLength || !/^[a-z0-9]+$/.test(label)).join('.')
}
