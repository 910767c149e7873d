/**
 * The door for mail from strangers: what their network has asked for lately, what lists say of it, and how slowly it learns
 * which addresses do not exist. Clients of trusted networks do not meet it, and this machine is one unless the operator says
 * otherwise.
 *
 * Who tries one address after the other, or whether we relay, waits longer for each answer, up to five seconds, and is hung up
 * on when its network has used up a minute's allowance of them; a wait costs us a timer. A list with some stale names hardly
 * notices.
 *
 * Standards: RFC 5321 §3.8 (421), §4.2.5, §4.5.1 (postmaster), RFC 2142 §4 (abuse), RFC 3463 (4.7.0, 4.7.1).
 * Security: fed by strangers. What is kept of them is bounded by `ClientRates`.
 */
import { BlockList } from 'node:net'
import type { Reply } from '../../../protocol/smtp/index.ts'
import type { ClientAnswer, DoorPolicy, DoorRates, TurnedAwayWhy } from '../link/index.ts'
import { ClientJudge, type ClientJudgeOptions } from './client-judge.ts'
import { ClientRates, type DoorLimits } from './client-rates.ts'
import type { Client } from './front.ts'
import type { Log } from './log.ts'
import { TurnedAway } from './turned-away.ts'

export interface DoorOptions {
  readonly hostname: string
  readonly link: ClientJudgeOptions['link'] & {
    /** What the Worker said last. */
    readonly service: { readonly door?: DoorPolicy } | undefined
  }
  readonly limits: DoorLimits & { readonly requestMs: number }
  readonly log: Log
}

export class Door {
  readonly #options: DoorOptions
  readonly #rates = new ClientRates()
  readonly #judge: ClientJudge
  readonly #turnedAway: TurnedAway
  #trusted: { readonly policy: DoorPolicy; readonly networks: BlockList } | undefined

  constructor(options: DoorOptions) {
    this.#options = options
    const { link, limits, log } = options
    this.#judge = new ClientJudge({ link, timeoutMs: limits.screeningMs, log })
    this.#turnedAway = new TurnedAway({ link, requestMs: limits.requestMs, everyMs: limits.turnedAwayMs })
  }

  /** Undefined for clients to whom nothing of this applies. */
  meet({ remote }: Client): Stranger | undefined {
    const policy = this.#options.link.service?.door
    if (policy === undefined || this.#trusts(policy, remote.address)) return undefined
    const counts = this.#turnedAway
    return new Stranger(remote.address, policy, { ...this.#options, rates: this.#rates, judge: this.#judge, counts })
  }

  close(): void {
    this.#turnedAway.close()
  }

  #trusts(policy: DoorPolicy, address: string): boolean {
    if (this.#trusted?.policy !== policy) this.#trusted = { policy, networks: networksOf(policy.trusted) }
    return this.#trusted.networks.check(address, familyOf(address))
  }
}

type Tools = Pick<DoorOptions, 'hostname' | 'limits' | 'log'> & {
  readonly rates: ClientRates
  readonly judge: ClientJudge
  readonly counts: TurnedAway
}

/** One connection of somebody we do not know. */
export class Stranger {
  readonly #address: string
  readonly #policy: DoorPolicy
  readonly #with: Tools
  #judging: Promise<ClientAnswer> | undefined
  #judged: ClientAnswer = {}

  constructor(address: string, policy: DoorPolicy, tools: Tools) {
    this.#address = address
    this.#policy = policy
    this.#with = tools
  }

  /** For the origin of its messages: what lists say of it. */
  get screened(): { junk?: string; welcome?: true } | undefined {
    const { junk, welcome } = this.#judged
    if (junk === undefined && welcome === undefined) return undefined
    return { ...(junk !== undefined && { junk }), ...(welcome && { welcome }) }
  }

  /** The refusal of the connection; or undefined, and what lists say of the client is being found out. */
  connects(): Reply | undefined {
    if (this.#count('connections') === undefined) return this.#away('connections', 421)
    if (this.#policy.screened) {
      const judging = this.#with.judge.judge(this.#address, performance.now())
      this.#judging = judging.then((judged) => (this.#judged = judged))
    }
    return undefined
  }

  /** The refusal of a message at MAIL. */
  begins(): Reply | undefined {
    return this.#count('messages') === undefined ? this.#away('messages', 450) : undefined
  }

  /** The refusal of a recipient before anybody is asked about it. */
  async names(recipient: string): Promise<Reply | undefined> {
    if (this.#count('recipients') === undefined) return this.#refuse('recipients', 450)
    await this.#judging
    const { refusal } = this.#judged
    return refusal === undefined || isHelpDesk(recipient) ? undefined : refusal
  }

  /** Counts a recipient that does not exist: when its answer is due, or 421 in its place. */
  async guesses(): Promise<Reply | undefined> {
    const used = this.#count('unknown')
    if (used === undefined) return this.#refuse('unknown', 421)
    const wait = used * this.#with.limits.maxUnknownMs
    if (wait >= 1) await new Promise((resolve) => setTimeout(resolve, wait))
    return undefined
  }

  #count(what: keyof DoorRates): number | undefined {
    return this.#with.rates.count(what, this.#address, this.#policy.rates[what], performance.now())
  }

  /** For metrics: one of its recipients was refused. */
  turnedAway(why: TurnedAwayWhy): void {
    this.#with.counts.count(why)
  }

  #away(what: 'connections' | 'messages', code: 421 | 450): Reply {
    this.turnedAway('rate')
    return this.#refuse(what, code)
  }

  #refuse(what: keyof DoorRates, code: 421 | 450): Reply {
    this.#with.log('warning', 'client-rate', { client: this.#address, what })
    const name = code === 421 ? `${this.#with.hostname} ` : ''
    const enhanced = code === 421 ? '4.7.0' : '4.7.1'
    const many = what === 'unknown' ? 'unknown recipients' : what
    return { code, enhanced, text: `${name}Too many ${many} from your network, please try again later` }
  }
}

/** Nobody has that address, or nobody is reached through us: what those hear who try things out. */
export function isGuess({ code, enhanced }: Reply): boolean {
  return code >= 500 && (enhanced === '5.1.1' || enhanced === '5.7.1')
}

/** Who can help those whom we refuse is for everybody to reach. */
function isHelpDesk(recipient: string): boolean {
  return /^(?:postmaster$|postmaster@|abuse@)/i.test(recipient)
}

function networksOf(texts: readonly string[]): BlockList {
  const networks = new BlockList()
  for (const text of texts) {
    const [address = '', prefix] = text.split('/')
    networks.addSubnet(address, Number(prefix), familyOf(address))
  }
  return networks
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}
