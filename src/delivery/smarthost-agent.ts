/**
 * The agent that gives everything to one relay of the operator's choice.
 *
 * Standards: RFC 5321 §3.6.1 (relays), RFC 6409 (submission), RFC 8314 §3.3 (implicit TLS on 465), RFC 8689.
 */
import type { DeliveryAgent, DeliveryJob, RecipientOutcome } from '../queue/index.ts'
import { dial } from './dial.ts'
import type { Dialer, EgressTarget, TlsPolicy } from './dialer.ts'
import { isPrivateAddress, v4 } from './reachable-address.ts'

export interface Smarthost {
  host: string
  port: number
  tls: TlsPolicy
  auth?: { user: string; password: string }
  /** Who connects to it; unset: the bridge where there is one. */
  by?: 'bridge' | 'worker'
}

/**
 * Reads `smtp://user:password@host:port?tls=required&by=worker` or `smtps://…`. User and password percent-encoded. Without
 * `tls=`, smtps is implicit TLS; smtp is required with a password, which must not travel in the clear, and opportunistic
 * without. Without a port: 465 for smtps, 587 with a password, else 25. `problem` is a sentence for the operator.
 */
export function parseSmarthost(text: string): { ok: true; smarthost: Smarthost } | { ok: false; problem: string } {
  const example = 'write it like smtp://user:password@host:587'
  if (!URL.canParse(text)) return refuse(`The smarthost is not a URL; ${example}.`)
  const url = new URL(text)
  if (url.protocol !== 'smtp:' && url.protocol !== 'smtps:')
    return refuse(`The smarthost must begin with smtp:// or smtps://; ${example}.`)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (host === '') return refuse(`The smarthost names no host; ${example}.`)
  if (url.pathname !== '' && url.pathname !== '/')
    return refuse(`The smarthost has a path, which SMTP does not know; ${example}.`)
  let auth: Smarthost['auth']
  try {
    if (url.username !== '')
      auth = { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
  } catch {
    return refuse('The user or password of the smarthost is not percent-encoded correctly.')
  }
  const implicit = url.protocol === 'smtps:'
  const tls = url.searchParams.get('tls') ?? (implicit ? 'implicit' : auth === undefined ? 'opportunistic' : 'required')
  if (!isTlsPolicy(tls)) return refuse("The smarthost's tls must be implicit, required, opportunistic or none.")
  if (implicit && tls !== 'implicit') return refuse('smtps:// is implicit TLS; leave tls= out, or use smtp://.')
  const port = url.port === '' ? (tls === 'implicit' ? 465 : auth === undefined ? 25 : 587) : Number(url.port)
  const by = url.searchParams.get('by') ?? undefined
  if (by !== undefined && by !== 'bridge' && by !== 'worker')
    return refuse("The smarthost's by must be bridge or worker.")
  const smarthost: Smarthost = {
    host,
    port,
    tls,
    ...(auth === undefined ? {} : { auth }),
    ...(by === undefined ? {} : { by }),
  }
  const hindrance = by === 'worker' ? hindranceInWorker(smarthost) : undefined
  return hindrance === undefined ? { ok: true, smarthost } : refuse(hindrance)
}

/** Whether its URL says by itself that it is on this machine or in a private network; of a name only the DNS can tell. */
export function isPrivateHost({ host }: Pick<Smarthost, 'host'>): boolean {
  const isAddress = host.includes(':') || v4(host) !== undefined
  return isAddress ? isPrivateAddress(host) : /^(?:.*\.)?localhost\.?$/.test(host)
}

/** Why a Worker cannot connect to such a host by itself, in a sentence. */
export function hindranceInWorker({ port, tls }: Pick<Smarthost, 'port' | 'tls'>): string | undefined {
  if (port === 25) return 'A Worker cannot connect to port 25; use 465 or 587, or a bridge.'
  if (tls === 'required' || tls === 'implicit' || tls === 'none') return undefined
  return 'A Worker always verifies certificates; tls must be required, implicit or none, or use a bridge.'
}

export interface SmarthostAgentOptions {
  smarthost: Smarthost
  dialer: Dialer
  /** Our EHLO name. */
  hostname: string
  /** Milliseconds since the epoch. */
  clock: () => number
  /** It is not dialled at addresses of this machine or of a private network. */
  publicOnly?: boolean
}

export class SmarthostAgent implements DeliveryAgent {
  readonly #options: SmarthostAgentOptions

  constructor(options: SmarthostAgentOptions) {
    this.#options = options
  }

  deliver(job: DeliveryJob, signal?: AbortSignal): Promise<RecipientOutcome[]> {
    const { smarthost, dialer, hostname, clock, publicOnly = false } = this.#options
    const { host, port, tls, auth } = smarthost
    // What must go over verified TLS does, whatever is enough for other mail (RFC 8689 §4.2.1).
    const needed = job.envelope.requireTls === true && tls !== 'implicit' ? 'required' : tls
    const target: EgressTarget = { host, port, addresses: [], tls: needed, ...(publicOnly && { publicOnly }) }
    return dial(dialer, { hostname, targets: [target], ...(auth === undefined ? {} : { auth }) }, job, clock, signal)
  }
}

function isTlsPolicy(text: string): text is TlsPolicy {
  return text === 'implicit' || text === 'required' || text === 'opportunistic' || text === 'none'
}

function refuse(problem: string): { ok: false; problem: string } {
  return { ok: false, problem }
}
