/**
 * Puts a bridge together: certificate, link, services, listeners; and takes it down in order.
 */

import { Admission } from './admission.ts'
import { type Certificates, openCertificates } from './certificates.ts'
import { ContentBudget } from './content.ts'
import { EgressPool } from './egress-pool.ts'
import { EgressServer } from './egress.ts'
import { BridgeConfigurationError } from './error.ts'
import { type Front, listenError, openFront } from './front.ts'
import { imapProtocol } from './imap-protocol.ts'
import { Link } from './link.ts'
import { type Log, silentLog } from './log.ts'
import { LoginPenalty } from './login-penalty.ts'
import { ParkingChannel } from './parking-channel.ts'
import { pop3Protocol } from './pop3-protocol.ts'
import {
  type Bridge,
  type BridgeLimits,
  type BridgeOptions,
  defaultBridgeLimits,
  type ListenerName,
} from './options.ts'
import { SessionService } from './session-service.ts'
import { SmtpService } from './smtp-service.ts'
import type { Endpoint, Listener, Network } from './socket.ts'
import { UnreachableHosts } from './unreachable-hosts.ts'
import type { WorkerAddress } from './worker-socket.ts'

const version = '0.1.0'
const defaultDrainMs = 10_000

/** Starts a bridge on a runtime's network. Throws `BridgeConfigurationError` and then leaves nothing running. */
export async function startBridgeOn(network: Network, options: BridgeOptions): Promise<Bridge> {
  const workerUrl = parseWorkerUrl(options.workerUrl)
  if (options.secret === '') throw new BridgeConfigurationError('The bridge secret is empty.')
  const log = options.log ?? silentLog
  const certificates = await openCertificates({ source: options.tls, hostname: options.hostname, log })
  const running = new RunningBridge(network, options, workerUrl, certificates)
  try {
    await running.open()
  } catch (error) {
    await running.close({ drainMs: 0 })
    throw error
  }
  return running
}

/** Where a service listens: a front without its listener. */
type Door = Pick<Front, 'name' | 'implicitTls' | 'admission' | 'serve' | 'refusal'>

class RunningBridge implements Bridge {
  readonly addresses: Partial<Record<ListenerName, Endpoint>> = {}
  readonly linked: Promise<void>
  readonly #network: Network
  readonly #options: BridgeOptions
  readonly #limits: BridgeLimits
  readonly #log: Log
  readonly #certificates: Certificates
  readonly #link: Link
  readonly #parking: ParkingChannel | undefined
  readonly #mx: SmtpService
  readonly #submission: SmtpService
  readonly #imap: SessionService
  readonly #pop3: SessionService
  readonly #egress: EgressServer
  readonly #listeners: Listener[] = []
  #closing: Promise<void> | undefined

  constructor(network: Network, options: BridgeOptions, workerUrl: URL, certificates: Certificates) {
    const limits = { ...defaultBridgeLimits, ...options.limits }
    const log = options.log ?? silentLog
    const { hostname, secret, workerCa, workerSocket } = options
    const allowPlaintextLogin = options.allowPlaintextLogin ?? true
    const penalty = new LoginPenalty(limits)
    const budget = new ContentBudget(limits.gatheredBytes)
    const worker: WorkerAddress = {
      workerUrl,
      secret,
      ...(workerCa === undefined ? {} : { ca: workerCa }),
      ...(workerSocket === undefined ? {} : { socketFile: workerSocket }),
    }
    const link = new Link({ ...worker, hello: { name: hostname, version }, log, limits })
    const smtp = { hostname, allowPlaintextLogin, link, budget, certificates, limits, penalty, log }
    const session = { hostname, allowPlaintextLogin, worker, link, certificates, limits, penalty, log }
    this.#network = network
    this.#options = options
    this.#limits = limits
    this.#log = log
    this.#certificates = certificates
    this.#link = link
    this.linked = link.up
    this.#mx = new SmtpService({ mode: 'mx', ...smtp })
    this.#submission = new SmtpService({ mode: 'submission', ...smtp })
    this.#parking = options.parking === true ? new ParkingChannel({ ...worker, log, ...limits }) : undefined
    const parking = this.#parking === undefined ? {} : { parking: this.#parking }
    this.#imap = new SessionService({ protocol: imapProtocol, ...session, ...parking })
    this.#pop3 = new SessionService({ protocol: pop3Protocol, ...session })
    this.#egress = this.#makeEgress()
  }

  async open(): Promise<void> {
    for (const door of this.#doors()) {
      const listen = this.#options.listeners[door.name]
      if (listen === undefined) continue
      const { handshakeMs } = this.#limits
      const front = { ...door, listen, handshakeMs, certificates: this.#certificates, log: this.#log }
      const listener = await openFront(this.#network, front)
      this.#listeners.push(listener)
      this.addresses[door.name] = listener.address
    }
    const at = this.#options.listeners.egress
    if (at === undefined) return
    try {
      this.addresses.egress = await this.#egress.listen(at.host, at.port)
    } catch (cause) {
      throw listenError('egress', at, cause)
    }
  }

  close({ drainMs = defaultDrainMs }: { readonly drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs)
    return this.#closing
  }

  async #close(drainMs: number): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()))
    await Promise.all([
      this.#mx.drain(drainMs),
      this.#submission.drain(drainMs),
      this.#imap.drain(drainMs),
      this.#pop3.drain(drainMs),
      this.#egress.close(drainMs),
    ])
    // Last: what the services finished needed it.
    this.#parking?.close()
    await this.#link.close()
    this.#certificates.close()
  }

  #doors(): Door[] {
    const { smtpConnections, sessionConnections, connectionsPerAddress, connectionsPerLoopback } = this.#limits
    const shares = { perAddress: connectionsPerAddress, perLoopback: connectionsPerLoopback }
    // Apart, so that a flood from outside does not lock our own users out.
    const mx = new Admission({ total: smtpConnections, ...shares })
    const submission = new Admission({ total: smtpConnections, ...shares })
    const session = new Admission({ total: sessionConnections, ...shares })
    return [
      door('smtp', this.#mx, mx),
      door('submission', this.#submission, submission),
      door('submissions', this.#submission, submission),
      door('imap', this.#imap, session),
      door('imaps', this.#imap, session),
      door('pop3', this.#pop3, session),
      door('pop3s', this.#pop3, session),
    ]
  }

  #makeEgress(): EgressServer {
    const limits = this.#limits
    const { secret, egressCa } = this.#options
    return new EgressServer({
      network: this.#network,
      pool: new EgressPool(limits),
      unreachable: new UnreachableHosts(limits),
      times: limits,
      log: this.#log,
      ...(egressCa === undefined ? {} : { ca: egressCa }),
      secret,
      maxBody: limits.egressBytes,
      maxRequests: limits.egressRequests,
      linked: () => this.#link.connected,
    })
  }
}

function door(name: ListenerName, service: SmtpService | SessionService, admission: Admission): Door {
  return {
    name,
    implicitTls: name === 'submissions' || name === 'imaps' || name === 'pop3s',
    admission,
    serve: (client) => service.serve(client),
    refusal: (reason) => service.refusal(reason),
  }
}

function parseWorkerUrl(text: string | URL): URL {
  const url = URL.canParse(String(text)) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new BridgeConfigurationError(`The Worker's address "${String(text)}" is not an http: or https: URL.`)
  }
  return url
}
