/**
 * Reads a mailbox into memory.
 *
 * Columns come as lists of digits, some rows for thousands of messages: crossing into JavaScript once per column and not
 * once per value makes loading several times faster. Differences to the UID are mostly zero, hence short.
 *
 * Limits: values stay far below 2 MB.
 */
import type { Sql } from '../storage/index.ts'
import type { MailboxId } from './ids.ts'
import type { KeywordTable } from './keyword-table.ts'
import { MailboxView } from './view.ts'

/** UIDs that one statement covers, so that many rows at most; more where they are far apart. */
const uidsPerLoad = 16_384
const mostUidsPerLoad = 65_536

/** The primary key is (mailbox, uid), and there is no other index: rows come ascending. */
const load = `
  SELECT count(*) AS n, group_concat(uid) AS uids, group_concat(email - uid) AS emails,
    group_concat(thread - email) AS threads, group_concat(received) AS received, group_concat(size) AS sizes,
    group_concat(flags) AS flags, group_concat(modseq - uid) AS modseqs, count(keywords) AS extra
  FROM placement WHERE mailbox = ? AND uid BETWEEN ? AND ?`

interface Page extends Record<string, string | number | null> {
  n: number
  uids: string
  emails: string
  threads: string
  received: string
  sizes: string
  flags: string
  modseqs: string
  extra: number
}

export function loadView(sql: Sql, mailbox: MailboxId, keywords: KeywordTable): MailboxView {
  const pages: Page[] = []
  let total = 0
  let hasExtra = false
  let width = uidsPerLoad
  for (let from = nextUid(sql, mailbox, 0); from !== undefined;) {
    const end = from + width
    const page = sql.exec<Page>(load, mailbox, from, end - 1).one()
    pages.push(page)
    total += page.n
    hasExtra ||= page.extra > 0
    if (page.n < width / 4) width = Math.min(2 * width, mostUidsPerLoad)
    from = nextUid(sql, mailbox, end - 1)
  }
  const view = new MailboxView(mailbox, keywords, total + 64)
  for (const page of pages) fill(view, page)
  if (hasExtra) loadExtra(sql, view)
  return view
}

function nextUid(sql: Sql, mailbox: MailboxId, after: number): number | undefined {
  const query = 'SELECT uid FROM placement WHERE mailbox = ? AND uid > ? ORDER BY uid LIMIT 1'
  return sql.exec<{ uid: number }>(query, mailbox, after).toArray()[0]?.uid
}

function fill(view: MailboxView, page: Page): void {
  const from = view.extend(page.n)
  const { uids, emails, threads, received, sizes, flags, modseqs } = view
  readNumbers(page.uids, uids, from)
  readNumbers(page.emails, emails, from, uids)
  readNumbers(page.threads, threads, from, emails)
  readNumbers(page.received, received, from)
  readNumbers(page.sizes, sizes, from)
  readNumbers(page.flags, flags, from)
  readNumbers(page.modseqs, modseqs, from, uids)
  view.tallyFrom(from)
}

/** Decimal numbers between commas, each added to the number at the same place of `base`. */
function readNumbers(
  text: string,
  column: Uint32Array | Int32Array | Float64Array,
  from: number,
  base?: Uint32Array,
): void {
  let at = from
  let value = 0
  let sign = 1
  for (let index = 0; index <= text.length; index++) {
    const code = index < text.length ? text.charCodeAt(index) : comma
    if (code === comma) {
      column[at] = sign * value + (base === undefined ? 0 : (base[at] as number))
      at++
      value = 0
      sign = 1
    } else if (code === minus) sign = -1
    else value = value * 10 + code - zero
  }
}

const comma = 44
const minus = 45
const zero = 48

function loadExtra(sql: Sql, view: MailboxView): void {
  const query = 'SELECT email, keywords FROM placement WHERE mailbox = ? AND keywords IS NOT NULL'
  for (const row of sql.exec<{ email: number; keywords: string }>(query, view.mailboxId)) {
    view.extra.set(row.email, JSON.parse(row.keywords) as string[])
  }
}
