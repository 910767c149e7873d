/**
 * The reports that others have sent about one hosted domain and its mail servers.
 *
 * Limits: 10,000 reports and 100 million characters; ninety days; 1.5 million characters each. When there is no room the
 * oldest go, those that nobody vouches for first.
 * Security: anybody can send reports: what is not proven takes no room from what is.
 */
import type { DmarcReport } from '../format/index.ts'
import { isMigrated, migrate, type Migration, type Sql } from '../storage/index.ts'
import type { ReadReport } from './read-report.ts'
import { type Figures, figuresOf } from './figures.ts'
import type { ReportSender } from './report-sender.ts'
import { Sources, type SourceSummary } from './sources.ts'

const schema: readonly Migration[] = [
  `CREATE TABLE report (
     id INTEGER PRIMARY KEY, kind TEXT NOT NULL, domain TEXT NOT NULL, reporter TEXT NOT NULL, report_id TEXT NOT NULL,
     first INTEGER NOT NULL, last INTEGER NOT NULL, received INTEGER NOT NULL, sender TEXT NOT NULL, proven INTEGER NOT NULL,
     passed INTEGER NOT NULL, failed INTEGER NOT NULL, size INTEGER NOT NULL, content TEXT NOT NULL
   )`,
]

const longestContent = 1_500_000
/** Characters of reports that are added up at once. */
const mostSummedUp = 20_000_000
const keptFor = 90 * 86_400_000

export interface ReceivedLimits {
  reports: number
  /** Characters, of all together. */
  octets: number
}

const usualLimits: ReceivedLimits = { reports: 10_000, octets: 100_000_000 }

export interface ReceivedSummary extends ReportSender, Figures {
  id: number
  kind: ReadReport['kind']
  /** The domain that it is about. */
  domain: string
  /** Who it says it is from. */
  reporter: string
  reportId: string
  /** The period, and when it came; milliseconds since the epoch. */
  start: number
  end: number
  received: number
}

export type ReceivedReport = ReceivedSummary & ReadReport

export interface ReportSearch {
  kind?: ReadReport['kind']
  /** Periods that end at or after; milliseconds since the epoch. */
  since?: number
}

interface Row extends Record<string, string | number> {
  id: number
  kind: string
  domain: string
  reporter: string
  report_id: string
  first: number
  last: number
  received: number
  sender: string
  proven: number
  passed: number
  failed: number
}

const columns = 'id, kind, domain, reporter, report_id, first, last, received, sender, proven, passed, failed'

export class ReceivedStore {
  readonly #sql: Sql
  readonly #limits: ReceivedLimits
  #isOpen: boolean

  constructor(sql: Sql, limits = usualLimits) {
    this.#sql = sql
    this.#limits = limits
    this.#isOpen = isMigrated(sql)
  }

  /** Keeps it; false when it is here already (RFC 9990 §3.5.4), is too large, or finds no room. */
  add(read: ReadReport, { sender, proven }: ReportSender, now: number): boolean {
    const content = JSON.stringify(read.report)
    if (content.length > longestContent) return false
    if (!this.#isOpen) migrate(this.#sql, schema)
    this.#isOpen = true
    const { organization, id, start, end } = read.report
    const { domain, passed, failed } = figuresOf(read)
    const same = 'SELECT count(*) AS n FROM report WHERE report_id = ? AND kind = ? AND domain = ? AND sender = ?'
    if (this.#sql.exec<{ n: number }>(same, id, read.kind, domain, sender).one().n > 0) return false
    return this.#sql.transaction(() => {
      if (!this.#makeRoom(content.length, proven, now)) return false
      const values = [
        read.kind,
        domain,
        organization,
        id,
        start,
        end,
        now,
        sender,
        proven ? 1 : 0,
        passed,
        failed,
        content.length,
        content,
      ]
      const places = values.map(() => '?').join(', ')
      this.#sql.exec(`INSERT INTO report (${columns.slice(4)}, size, content) VALUES (${places})`, ...values)
      return true
    })
  }

  /** The newest first. */
  list({ kind, since = 0 }: ReportSearch = {}): ReceivedSummary[] {
    if (!this.#isOpen) return []
    const query = `SELECT ${columns} FROM report WHERE last >= ? ORDER BY last DESC, id DESC`
    const found = this.#sql.exec<Row>(query, since).toArray().map(summary)
    return kind === undefined ? found : found.filter((report) => report.kind === kind)
  }

  show(id: number): ReceivedReport | undefined {
    if (!this.#isOpen) return undefined
    const query = `SELECT ${columns}, content FROM report WHERE id = ?`
    const [row] = this.#sql.exec<Row & { content: string }>(query, id).toArray()
    return row === undefined ? undefined : { ...summary(row), report: JSON.parse(row.content) }
  }

  /** What aggregate reports say of each source, the newest reports first, as far as the bound goes. */
  sources({ since = 0 }: ReportSearch = {}): SourceSummary[] {
    if (!this.#isOpen) return []
    const sources = new Sources()
    let left = mostSummedUp
    const query = `SELECT proven, size, content FROM report WHERE kind = 'dmarc' AND last >= ? ORDER BY last DESC, id DESC`
    for (const row of this.#sql.exec<{ proven: number; size: number; content: string }>(query, since)) {
      left -= row.size
      if (left < 0) break
      sources.add(JSON.parse(row.content) as DmarcReport, row.proven === 1)
    }
    return sources.summaries
  }

  /** False: there is none. */
  #makeRoom(size: number, proven: boolean, now: number): boolean {
    this.#sql.exec('DELETE FROM report WHERE received < ?', now - keptFor)
    const sums = 'SELECT count(*) AS n, coalesce(sum(size), 0) AS octets FROM report'
    const { n, octets } = this.#sql.exec<{ n: number; octets: number }>(sums).one()
    let tooMany = n + 1 - this.#limits.reports
    let tooLarge = octets + size - this.#limits.octets
    if (tooMany <= 0 && tooLarge <= 0) return true
    const order = 'SELECT id, size FROM report WHERE proven <= ? ORDER BY proven, received, id'
    const victims: number[] = []
    for (const row of this.#sql.exec<{ id: number; size: number }>(order, proven ? 1 : 0)) {
      victims.push(row.id)
      tooMany--
      tooLarge -= row.size
      if (tooMany <= 0 && tooLarge <= 0) break
    }
    if (tooMany > 0 || tooLarge > 0) return false
    for (const id of victims) this.#sql.exec('DELETE FROM report WHERE id = ?', id)
    return true
  }
}

function summary(row: Row): ReceivedSummary {
  const {
    id,
    kind,
    domain,
    reporter,
    report_id: reportId,
    first: start,
    last: end,
    received,
    sender,
    passed,
    failed,
  } = row
  return {
    id,
    kind: kind as ReadReport['kind'],
    domain,
    reporter,
    reportId,
    start,
    end,
    received,
    sender,
    proven: row.proven === 1,
    passed,
    failed,
  }
}
