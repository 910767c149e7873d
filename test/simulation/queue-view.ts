/**
 * What a queue has in its tables, read past the code under test.
 */
import type { Database } from './database.ts'
import { tokenOf } from './message.ts'
import { eventOf, type SeenEvent } from './watch-event.ts'

export interface SeenRecipient {
  address: string
  state: string
  attempts: number
  owed?: string
  notify?: string[]
  /** What rules have said: they are not asked again. */
  decided?: object
}

export interface SeenEntry {
  id: string
  domain: string
  token: string
  raw: string
  status: string
  /** A rule or a webhook says how it goes. */
  hasWays: boolean
  /** What it tells, if it is no mail. */
  event?: SeenEvent
  /** Recipients of the sender's of whom programs are to hear. */
  news: readonly string[]
  recipients: SeenRecipient[]
}

const views = new WeakMap<Database, { version: number; entries: SeenEntry[] }>()

export function readQueue(database: Database): readonly SeenEntry[] {
  const { version } = database
  const known = views.get(database)
  if (known?.version === version) return known.entries
  const entries = read(database)
  views.set(database, { version, entries })
  return entries
}

function read(database: Database): SeenEntry[] {
  const exists = database.exec(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'entry'`).toArray()
  if (exists.length === 0) return []
  const rows = database.exec(
    `SELECT id, domain, status, facts, recipients, coalesce(raw, (SELECT raw FROM chunk WHERE entry = entry.id AND seq = 0)) AS raw
     FROM entry ORDER BY id`,
  )
  return rows.toArray().map((row) => {
    const raw = Buffer.from(row.raw as ArrayBuffer).toString('latin1')
    const facts = row.facts as string
    return {
      ...eventIn(facts, raw),
      news: newsIn(facts),
      id: (row.id as number).toString(36),
      domain: row.domain as string,
      token: tokenOf(raw) ?? 'unnamed',
      raw,
      status: row.status as string,
      hasWays: facts.includes('"ways":'),
      recipients: JSON.parse(row.recipients as string) as SeenEntry['recipients'],
    }
  })
}

/** For people: a line an entry. */
export function describeEntries(domain: string, entries: readonly SeenEntry[]): string[] {
  return entries.map(({ id, token, status, recipients }) => {
    const each = recipients.map(
      ({ address, state, owed }) => `${address} ${state}${owed === undefined ? '' : ` owes ${owed}`}`,
    )
    return `queue of ${domain}: ${id} ${token} ${status}: ${each.join(', ')}`
  })
}

function eventIn(facts: string, raw: string): Pick<SeenEntry, 'event'> {
  const id = /"event":\{"id":"([^"]+)"/.exec(facts)?.[1]
  return id === undefined ? {} : { event: eventOf(id, raw) }
}

function newsIn(facts: string): readonly string[] {
  if (!facts.includes('"news":[')) return []
  const { news } = JSON.parse(facts) as { news: { recipients: string[] }[] }
  return news.flatMap(({ recipients }) => recipients)
}
