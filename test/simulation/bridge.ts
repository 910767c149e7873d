/**
 * The bridge process: the real SMTP service and the real egress, on simulated sockets and a simulated way to the Worker.
 */
import { ContentBudget } from '../../src/host/bridge/common/content.ts'
import { deliverOutside } from '../../src/host/bridge/common/egress-delivery.ts'
import { EgressPool } from '../../src/host/bridge/common/egress-pool.ts'
import { parseEgress } from '../../src/host/bridge/common/egress-request.ts'
import { defaultBridgeLimits } from '../../src/host/bridge/common/options.ts'
import { SmtpConnection } from '../../src/host/bridge/common/smtp-connection.ts'
import type { SmtpContext } from '../../src/host/bridge/common/smtp-context.ts'
import type { Reply } from '../../src/protocol/smtp/index.ts'
import { Life, liveIn } from './life.ts'
import type { SimulatedNetwork, SimulatedSocket } from './network.ts'

export interface BridgePorts {
  network: SimulatedNetwork
  /** Undefined: no answer came. */
  ask(head: object, body: readonly Uint8Array[]): Promise<Reply | undefined>
}

export class SimulatedBridge {
  readonly life: Life
  readonly #ports: BridgePorts
  readonly #services: Record<'mx' | 'submission', SmtpContext>
  readonly #egress: Parameters<typeof deliverOutside>[0]

  constructor(number: number, ports: BridgePorts) {
    this.life = new Life(`bridge ${number}`)
    this.#ports = ports
    this.#services = { mx: this.#service('mx', number), submission: this.#service('submission', number) }
    const limits = defaultBridgeLimits
    this.#egress = {
      network: ports.network,
      pool: new EgressPool(limits),
      times: limits,
      log: () => undefined,
    }
  }

  serve(mode: 'mx' | 'submission', socket: SimulatedSocket): void {
    socket.ownedBy(this.life)
    const client = { socket, remote: socket.remote, loopback: true, leave: () => undefined }
    liveIn(this.life, () => new SmtpConnection(this.#services[mode], client).start())
  }

  /** What `POST /egress` answers, as JSON. */
  egress(body: Uint8Array, gone: AbortSignal): Promise<string> {
    return liveIn(this.life, async () => {
      const parsed = parseEgress(body)
      if (typeof parsed === 'string') throw new Error(parsed)
      return JSON.stringify(await deliverOutside(this.#egress, parsed.request, parsed.raw, gone))
    })
  }

  #service(mode: 'mx' | 'submission', number: number): SmtpContext {
    let transactions = 0
    return {
      mode,
      hostname: 'mail.facteur.test',
      allowPlaintextLogin: true,
      link: { congested: false, relieved: () => undefined } as unknown as SmtpContext['link'],
      budget: new ContentBudget(defaultBridgeLimits.gatheredBytes),
      certificates: { current: { cert: '', key: '' } } as unknown as SmtpContext['certificates'],
      limits: defaultBridgeLimits,
      commandMs: defaultBridgeLimits.commandMs,
      log: () => undefined,
      maxMessageSize: defaultBridgeLimits.maxMessageSize,
      ask: (head, body) => this.#ports.ask(head, body),
      authenticate: async (login) => ({ ok: true, accountId: login.login, address: `${login.login}@facteur.test` }),
      askAccounts: async () => ({ ok: false, temporary: true, text: '' }),
      newTransactionId: () => `${mode}${number}-${++transactions}`,
      failedLogin: async () => undefined,
      forget: () => undefined,
    }
  }
}
