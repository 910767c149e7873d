/**
 * The reports that other servers have sent about a hosted domain: how mail in its name fared there (DMARC), and TLS with its
 * mail servers.
 */
import type { ReceivedReport, ReceivedSummary, SourceSummary } from '../../reports/index.ts'
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
    const search = { ...(kind === undefined ? {} : { kind }), ...this.#since(days) }
    return this.#ports.reports(await this.#hosted(domain)).list(search)
  }

  /** Who sent mail in the domain's name, by all aggregate reports; those of which most messages failed first. */
  async sources(domain: string, { days }: Pick<ReportQuestion, 'days'> = {}): Promise<SourceSummary[]> {
    const search = this.#since(days)
    return this.#ports.reports(await this.#hosted(domain)).sources(search)
  }

  async show(domain: string, id: string): Promise<ReceivedReport> {
    const name = await this.#hosted(domain)
    const report = /^\d{1,15}$/.test(id) ? await this.#ports.reports(name).show(Number(id)) : undefined
    if (report === undefined) throw new AdminError('missing', `there is no report "${id.slice(0, 40)}" of ${name}`)
    return report
  }

  #since(days: string | undefined): { since?: number } {
    if (days === undefined) return {}
    const back = Number(days)
    if (!(back > 0)) throw new AdminError('invalid', '"days" must be a number above 0', 'days')
    return { since: this.#ports.now() - back * DAY_MS }
  }

  async #hosted(domain: string): Promise<string> {
    const name = domainName(domain)
    if (!(await this.#ports.domain(name).isHosted())) throw new AdminError('missing', `${name} is not hosted here`)
    return name
  }
}
