/**
 * The reports that others have sent about a hosted domain and its mail servers, as a Durable Object named by the domain.
 * No message of a person's waits for it.
 */
import { DurableObject } from 'cloudflare:workers'
import type { MailboxDelivery, MailboxOutcome } from '../../delivery/index.ts'
import { parseHeader } from '../../format/index.ts'
import {
  readReport,
  type ReceivedReport,
  ReceivedStore,
  type ReceivedSummary,
  type ReportSearch,
  reportSender,
  type ReportSender,
  type SourceSummary,
} from '../../reports/index.ts'
import type { ReportDoor } from './doors.ts'
import type { Env } from './env.ts'
import { log } from './log.ts'
import { nameOf } from './object-name.ts'
import { settingsOf } from './settings.ts'
import { durableSql } from './sql.ts'

const NO_REPORT: MailboxOutcome = {
  status: 'bounced',
  reply: {
    code: 554,
    enhanced: '5.6.0',
    text: 'This address takes DMARC and TLS reports, and there is none in the message; people are at postmaster',
  },
}

export class ReportObject extends DurableObject<Env> implements ReportDoor {
  #store: ReceivedStore

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#store = new ReceivedStore(durableSql(ctx.storage))
  }

  deliver(batch: MailboxDelivery[]): MailboxOutcome[] {
    return batch.map(({ raw, internal }) => {
      const { hostname, verification } = settingsOf(this.env)
      const sender = reportSender(parseHeader(raw).header, verification.authservId ?? hostname)
      const isReport = this.#keep(raw, { ...sender, proven: sender.proven || internal === true })
      return isReport ? { status: 'delivered' } : NO_REPORT
    })
  }

  keep(raw: Uint8Array, sender: ReportSender): void {
    this.#keep(raw, sender)
  }

  list(search: ReportSearch): ReceivedSummary[] {
    return this.#store.list(search)
  }

  sources(search: ReportSearch): SourceSummary[] {
    return this.#store.sources(search)
  }

  show(id: number): ReceivedReport | undefined {
    return this.#store.show(id)
  }

  async forget(): Promise<void> {
    await this.ctx.storage.deleteAll()
    this.#store = new ReceivedStore(durableSql(this.ctx.storage))
  }

  /** False: there is no report in it. */
  #keep(raw: Uint8Array, sender: ReportSender): boolean {
    const report = readReport(raw)
    if (report === undefined) return false
    const isNew = this.#store.add(report, sender, Date.now())
    log('info', 'report', { domain: nameOf(this.ctx), kind: report.kind, from: sender.sender, new: isNew })
    return true
  }
}
