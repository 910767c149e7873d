/**
 * The reports that other servers have sent about a hosted domain: how mail in its name fared there (DMARC), and TLS with its
 * mail servers.
 */
import type { ReceivedReport, ReceivedSummary } from '../../reports/index.ts'
import { AdminError } from './error.ts'
import { domainName } from './fields.ts'
import type { AdminPorts } from './ports.ts'

const DAY_MS = 86_400_000

export interface ReportQuestion {
  readonly kind?: 'dmarc' | 'tls' | 'failure' | undefined
  /** How far back periods may end, in days; all when it is not said. */
  readonly days?: string | undefined
}

export class ReportAdministration {
  readonly #ports: AdminPorts

  constructor(ports: AdminPorts) {
    this.#ports = ports
  }

  /** The newest period first. */
  async list(domain: string, { kind, days }: ReportQuestion = {}): Promise<ReceivedSummary[]> {
    const back = days === undefined ? undefined : Number(days)
    if (back !== undefined && !(back > 0)) throw new AdminError('invalid', '"days" must be a number above 0', 'days')
    return this.#ports.reports(await this.#hosted(domain)).list({
      ...(kind === undefined ? {} : { kind }),
      ...(back === undefined ? {} : { since: this.#ports.now() - back * DAY_MS }),
    })
  }

  async show(domain: string, id: string): Promise<ReceivedReport> {
    const name = await this.#hosted(domain)
    const report = /^\d{1,15}$/.test(id) ? await this.#ports.reports(name).show(Number(id)) : undefined
    if (report === undefined) throw new AdminError('missing', `there is no report "${id.slice(0, 40)}" of ${name}`)
    return report
  }

  async #hosted(domain: string): Promise<string> {
    const name = domainName(domain)
    if (!(await this.#ports.domain(name).isHosted())) throw new AdminError('missing', `${name} is not hosted here`)
    return name
  }
}
