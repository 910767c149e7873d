/**
 * What a queue has in its tables, read past the code under test.
 */
import type { Database } from './database.ts'
import { tokenOf } from './message.ts'

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
    return {
      id: (row.id as number).toString(36),
      domain: row.domain as string,
      token: tokenOf(raw) ?? 'unnamed',
      raw,
      status: row.status as string,
      hasWays: (row.facts as string).includes('"ways":'),
      recipients: JSON.parse(row.recipients as string) as SeenEntry['recipients'],
    }
  })
}
