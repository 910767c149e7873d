/**
 * The reports that others have sent about one hosted domain and its mail servers.
 *
 * Limits: 2,000 reports, of which those that nobody vouches for go first, then the oldest; 1.5 million characters each;
 * ninety days.
 */
import { isMigrated, migrate, type Migration, type Sql } from '../storage/index.ts'
import type { ReadReport } from './read-report.ts'
import { type Figures, figuresOf } from './figures.ts'
import type { ReportSender } from './report-sender.ts'

const schema: readonly Migration[] = [
  `CREATE TABLE report (
     id INTEGER PRIMARY KEY, kind TEXT NOT NULL, domain TEXT NOT NULL, reporter TEXT NOT NULL, report_id TEXT NOT NULL,
     first INTEGER NOT NULL, last INTEGER NOT NULL, received INTEGER NOT NULL, sender TEXT NOT NULL, proven INTEGER NOT NULL,
     passed INTEGER NOT NULL, failed INTEGER NOT NULL, content TEXT NOT NULL
   )`,
]

const mostReports = 2_000
const longestContent = 1_500_000
const keptFor = 90 * 86_400_000

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
  #isOpen: boolean

  constructor(sql: Sql) {
    this.#sql = sql
    this.#isOpen = isMigrated(sql)
  }

  /** Keeps it; false when it is here already (RFC 9990 §3.5.3), or too large. */
  add(read: ReadReport, { sender, proven }: ReportSender, now: number): boolean {
    const content = JSON.stringify(read.report)
    if (content.length > longestContent) return false
    if (!this.#isOpen) migrate(this.#sql, schema)
    this.#isOpen = true
    const { organization, id, start, end } = read.report
    const { domain, passed, failed } = figuresOf(read)
    const same = 'SELECT count(*) AS n FROM report WHERE report_id = ? AND kind = ? AND domain = ? AND sender = ?'
    if (this.#sql.exec<{ n: number }>(same, id, read.kind, domain, sender).one().n > 0) return false
    this.#sql.transaction(() => {
      this.#makeRoom(now)
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
        content,
      ]
      const insert = `INSERT INTO report (${columns.slice(4)}, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
      this.#sql.exec(insert, ...values)
    })
    return true
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

  #makeRoom(now: number): void {
    this.#sql.exec('DELETE FROM report WHERE received < ?', now - keptFor)
    const { n } = this.#sql.exec<{ n: number }>('SELECT count(*) AS n FROM report').one()
    if (n < mostReports) return
    const victims = 'SELECT id FROM report ORDER BY proven, received, id LIMIT ?'
    this.#sql.exec(`DELETE FROM report WHERE id IN (${victims})`, n - mostReports + 1)
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
