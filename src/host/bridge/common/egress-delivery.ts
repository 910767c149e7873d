/**
 * Delivers one message to the first target that takes it: targets in order, addresses of each in order.
 *
 * Standards: RFC 5321 §5.1 (try each address; a temporary answer is reason to try the next), RFC 7435 (opportunistic
 * TLS: what does not work falls back to clear text), RFC 8314 (implicit TLS).
 */

import { createHash } from 'node:crypto'
import {
  type EgressRequest,
  type EgressResult,
  type EgressSession,
  type EgressTarget,
  isPrivateAddress,
} from '../../../delivery/index.ts'
import type { RecipientOutcome as SmtpOutcome, SessionFailure } from '../../../protocol/smtp/index.ts'
import type { RecipientOutcome } from '../../../queue/index.ts'
import {
  type ConnectFailure,
  EgressConnection,
  type EgressOpening,
  type EgressRoute,
  type EgressTimes,
} from './egress-connection.ts'
import type { EgressPool } from './egress-pool.ts'
import { describeError, type Log } from './log.ts'
import type { Network, TlsFacts } from './socket.ts'
import type { UnreachableHosts } from './unreachable-hosts.ts'

export interface EgressPorts {
  readonly network: Network
  readonly pool: EgressPool
  /** Absent: every host is tried in its turn, however often it did not answer. */
  readonly unreachable?: UnreachableHosts
  readonly times: EgressTimes
  readonly log: Log
  readonly ca?: readonly string[]
}

type Failure = SessionFailure | ConnectFailure | ResolveFailure

interface ResolveFailure {
  readonly status: 'deferred'
  readonly stage: 'resolve' | 'limit'
  readonly enhanced: '4.4.3' | '4.3.2'
  readonly diagnostic: string
}

/** Servers that answered with something temporary: the queue's next attempt is better than a fourth server now. */
const maxSessions = 3
/** Connections tried for one message: a host list can be of any length, and each may cost the connect timeout. */
const maxAttempts = 10
/** Every server takes so many in one transaction (RFC 5321 §4.5.3.1.8). */
const recipientsPerTransaction = 100
/** No new attempt is begun after this time: the caller waits for an answer, and a transaction may take its ten minutes. */
const beginWithinMs = 240_000
/** Waiting for a free connection to a busy target. */
const placeMs = 60_000

/** Runs the request; resolves with one outcome per recipient, in order, in every case. */
export async function deliverOutside(
  ports: EgressPorts,
  request: EgressRequest,
  raw: Uint8Array,
  signal: AbortSignal,
): Promise<EgressResult> {
  const run = new EgressRun(ports, request, raw, signal)
  return run.deliver()
}

class EgressRun {
  readonly #ports: EgressPorts
  readonly #request: EgressRequest
  readonly #raw: Uint8Array
  readonly #signal: AbortSignal
  readonly #outcomes: (RecipientOutcome | undefined)[]
  #failures: Failure[] = []
  readonly #beginBy = performance.now() + beginWithinMs
  #attempts = 0
  #sessions = 0
  #tls: TlsFacts | undefined
  #remote: string | undefined
  readonly #tlsSessions: EgressSession[] = []

  constructor(ports: EgressPorts, request: EgressRequest, raw: Uint8Array, signal: AbortSignal) {
    this.#ports = ports
    this.#request = request
    this.#raw = raw
    this.#signal = signal
    this.#outcomes = request.envelope.recipients.map(() => undefined)
  }

  async deliver(): Promise<EgressResult> {
    const { targets } = this.#request
    for (const target of this.#ports.unreachable?.orderTargets(targets) ?? targets) {
      if (this.#enough) break
      await this.#tryTarget(target)
    }
    const recipients = this.#outcomes.map((outcome, index) => outcome ?? this.#undelivered(index))
    return {
      recipients,
      ...(this.#tls === undefined ? {} : { tls: this.#tls }),
      ...(this.#remote === undefined ? {} : { remote: this.#remote }),
      ...(this.#tlsSessions.length === 0 ? {} : { sessions: this.#tlsSessions }),
    }
  }

  get #enough(): boolean {
    return (
      this.#open.length === 0 ||
      this.#sessions >= maxSessions ||
      this.#attempts >= maxAttempts ||
      performance.now() > this.#beginBy ||
      this.#signal.aborted
    )
  }

  /** Positions of recipients that may still be tried. */
  get #open(): number[] {
    return this.#outcomes.flatMap((outcome, index) =>
      outcome === undefined || outcome.status === 'deferred' ? [index] : [],
    )
  }

  async #tryTarget(target: EgressTarget): Promise<void> {
    const { pool } = this.#ports
    const key = poolKey(this.#request, target)
    if (!(await pool.enter(key, placeMs))) {
      const diagnostic = `Too many connections to ${target.host} are in use`
      this.#failures.push({ status: 'deferred', stage: 'limit', enhanced: '4.3.2', diagnostic })
      return
    }
    try {
      const kept = pool.take(key)
      if (kept !== undefined && (await this.#sendOver(kept, target, key, true))) return
      await this.#tryAddresses(target, key)
    } finally {
      pool.leave(key)
    }
  }

  async #tryAddresses(target: EgressTarget, key: string): Promise<void> {
    const addresses = await this.#addresses(target)
    for (const address of this.#ports.unreachable?.order(addresses, target.port) ?? addresses) {
      if (this.#enough) return
      const opening = await this.#connect(target, address)
      if (opening.type === 'failed') {
        this.#failures.push(opening.failure)
        // A refused login is refused at every address.
        if (opening.failure.stage === 'auth') return
        continue
      }
      await this.#sendOver(opening.connection, target, key, false)
      return
    }
  }

  async #addresses(target: EgressTarget): Promise<readonly string[]> {
    const addresses = target.addresses.length > 0 ? target.addresses : await this.#resolve(target.host)
    if (target.publicOnly !== true) return addresses
    const others = addresses.filter((address) => !isPrivateAddress(address))
    if (others.length === 0 && addresses.length > 0) {
      this.#unresolved(`${target.host} is not at a public address: only the server's settings can lead there`)
    }
    return others
  }

  async #resolve(host: string): Promise<readonly string[]> {
    try {
      return await this.#ports.network.resolve(host)
    } catch (error) {
      this.#unresolved(`No address of ${host} could be found: ${describeError(error)}`)
      return []
    }
  }

  #unresolved(diagnostic: string): void {
    this.#failures.push({ status: 'deferred', stage: 'resolve', enhanced: '4.4.3', diagnostic })
  }

  async #connect(target: EgressTarget, address: string): Promise<EgressOpening> {
    const { network, times, ca } = this.#ports
    const { hostname, auth } = this.#request
    const route: EgressRoute = {
      host: target.host,
      port: target.port,
      address,
      tls: target.tls,
      ...(target.dane === undefined ? {} : { dane: target.dane }),
      hostname,
      ...(auth === undefined ? {} : { auth }),
    }
    this.#attempts++
    const opening = await EgressConnection.open(network, route, times, ca)
    this.#noteTls(route, opening)
    this.#noteReach(route, opening)
    if (opening.type === 'open' || target.tls !== 'opportunistic' || opening.failure.stage !== 'tls') return opening
    // Broken TLS is no better than none, and mail that would go in clear text goes all the same (RFC 7435 §3).
    this.#ports.log('info', 'egress-tls-fallback', { host: target.host, reason: opening.failure.diagnostic })
    this.#attempts++
    return EgressConnection.open(network, { ...route, tls: 'none' }, times, ca)
  }

  #noteReach({ address, port }: EgressRoute, opening: EgressOpening): void {
    const { unreachable } = this.#ports
    if (opening.type === 'failed' && isSilent(opening.failure)) unreachable?.note(address, port)
    else unreachable?.forget(address, port)
  }

  #noteTls({ host, address, tls }: EgressRoute, opening: EgressOpening): void {
    if (tls === 'none' || tls === 'implicit') return
    if (opening.type === 'open') {
      const facts = opening.connection.tls
      const problem = facts === undefined ? 'starttls-not-supported' : facts.problem
      const encrypted = facts !== undefined
      this.#tlsSessions.push({ host, address, encrypted, ...(problem === undefined ? {} : { problem }) })
    } else if (opening.problem !== undefined) {
      this.#tlsSessions.push({ host, address, encrypted: false, problem: opening.problem })
    }
  }

  /** Sends to all open recipients; false when a kept connection turned out to be dead. */
  async #sendOver(connection: EgressConnection, target: EgressTarget, key: string, wasKept: boolean): Promise<boolean> {
    const positions = this.#open
    const share = Math.min(recipientsPerTransaction, connection.limits.recipients ?? Infinity)
    for (let start = 0; start < positions.length; start += share) {
      if (!connection.ready) break
      const part = positions.slice(start, start + share)
      const outcomes = await connection.send(this.#envelopeFor(part), this.#raw)
      // The peer closed it just when we wrote: it never saw this message.
      const died = wasKept && start === 0 && connection.closed && !connection.heard
      if (died) return false
      this.#record(part, outcomes, connection, target)
      await connection.untilSettled()
    }
    this.#sessions++
    this.#ports.pool.keep(key, connection)
    return true
  }

  #envelopeFor(positions: readonly number[]): EgressRequest['envelope'] {
    const { envelope } = this.#request
    if (positions.length === envelope.recipients.length) return envelope
    const recipients = positions.flatMap((position) => envelope.recipients[position] ?? [])
    return { ...envelope, recipients }
  }

  #record(
    positions: readonly number[],
    outcomes: readonly SmtpOutcome[],
    connection: EgressConnection,
    target: EgressTarget,
  ): void {
    const { tls } = connection
    const at = Date.now()
    for (const [index, outcome] of outcomes.entries()) {
      const position = positions[index]
      if (position === undefined) continue
      this.#outcomes[position] = {
        recipient: outcome.recipient,
        status: outcome.status,
        ...(outcome.reply === undefined ? {} : { reply: outcome.reply }),
        enhanced: outcome.enhanced,
        diagnostic: outcome.diagnostic,
        remoteMta: target.host,
        ...(tls === undefined ? {} : { tls }),
        ...(outcome.status === 'deferred' && endsSession(outcome) ? { site: true } : {}),
        ...(outcome.inDoubt === true ? { inDoubt: true } : {}),
        ...(outcome.status === 'delivered'
          ? {
              success: connection.passesNotifications ? ('passed' as const) : ('relayed' as const),
              ...(this.#request.envelope.by === undefined || connection.keepsTime ? {} : { untimed: true }),
            }
          : {}),
        at,
      }
    }
    this.#tls = tls
    this.#remote = target.host
  }

  /** Nobody answered for this recipient: for good only when every server refused for good. */
  #undelivered(position: number): RecipientOutcome {
    const recipient = this.#request.envelope.recipients[position]?.address ?? ''
    const deciding = this.#failures.findLast((failure) => failure.status === 'deferred') ?? this.#failures.at(-1)
    const reply = deciding !== undefined && 'reply' in deciding ? deciding.reply : undefined
    return {
      recipient,
      status: deciding?.status ?? 'deferred',
      ...(reply === undefined ? {} : { reply }),
      enhanced: deciding?.enhanced ?? '4.4.1',
      diagnostic: deciding?.diagnostic ?? 'No server could be tried',
      ...(deciding?.status === 'deferred' && deciding.stage !== 'limit' ? { site: true } : {}),
      at: Date.now(),
    }
  }
}

/** No connection, or one on which nobody says a word. */
function isSilent(failure: SessionFailure | ConnectFailure): boolean {
  return failure.stage === 'connect' || (failure.stage === 'greeting' && failure.reply === undefined)
}

/** The host closes the session (421), or it broke off: another message would have met the same. */
function endsSession({ reply, enhanced }: SmtpOutcome): boolean {
  return reply === undefined ? enhanced === '4.4.2' : reply.code === 421
}

/** Connections are shared only between requests that would make the same one. The password is in it as a digest. */
function poolKey(request: EgressRequest, target: EgressTarget): string {
  const { auth, hostname } = request
  const password = auth === undefined ? '' : createHash('sha256').update(auth.password).digest('base64')
  return JSON.stringify([
    hostname,
    target.host,
    target.port,
    target.tls,
    target.dane,
    target.addresses,
    target.publicOnly,
    auth?.user ?? '',
    password,
  ])
}
