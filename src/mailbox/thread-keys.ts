/**
 * Which thread a message belongs to: the one that knows any of its Message-IDs under the same base subject.
 *
 * A key is a hash over a Message-ID and the base subject together, so "known id and equal subject" is one look-up.
 * A message leaves keys for itself, its parent and the root of its references, so relatives that come late (or were
 * never seen, as on a mailing list joined midway) still meet. Keys outlive emails until `prune`.
 *
 * Standards: RFC 8621 §3 (threads), RFC 5256 §2.1 (base subject), RFC 5322 §3.6.4.
 * Limits: looks at the first Message-ID and the last 20 of In-Reply-To and References: enough for any real reply.
 */
import type { MessageSummary } from '../format/index.ts'
import type { Sql } from '../storage/index.ts'
import type { ThreadId } from './ids.ts'
import { threadSubject } from './thread-subject.ts'

const maxRelatives = 20

type Facts = Pick<MessageSummary, 'messageId' | 'inReplyTo' | 'references' | 'baseSubject'>

/** What one message asks and leaves. */
export interface ThreadKeys {
  /** Any of these known means: that thread. */
  readonly lookup: readonly number[]
  /** To be known from now on. */
  readonly leave: readonly number[]
}

export function threadKeys(facts: Facts): ThreadKeys {
  const subject = threadSubject(facts.baseSubject)
  const key = (id: string): number => hash53(`${id}\u0000${subject}`)
  const own = facts.messageId === undefined ? [] : [key(facts.messageId)]
  const relatives = [...facts.references, ...facts.inReplyTo].slice(-maxRelatives).map(key)
  const root = facts.references[0]
  const ends = relatives.length === 0 ? [] : [relatives.at(-1) as number, ...(root === undefined ? [] : [key(root)])]
  return { lookup: [...new Set([...own, ...relatives, ...ends])], leave: [...new Set([...own, ...ends])] }
}

/** The thread of each known key. */
export function knownThreads(sql: Sql, keys: readonly number[]): Map<number, ThreadId> {
  const known = new Map<number, ThreadId>()
  if (keys.length === 0) return known
  const [only = 0] = keys
  const [which, value] =
    keys.length === 1 ? ['= ?', only] : ['IN (SELECT value FROM json_each(?))', JSON.stringify(keys)]
  const query = `SELECT hash, thread FROM thread_key WHERE hash ${which}`
  for (const row of sql.exec<{ hash: number; thread: number }>(query, value)) {
    known.set(row.hash, row.thread as ThreadId)
  }
  return known
}

/** Stores keys that are new: rows of `[key, thread]`. */
export function leaveKeys(sql: Sql, keys: readonly (readonly [number, ThreadId])[]): void {
  if (keys.length === 0) return
  if (keys.length === 1) {
    const [key, thread] = keys[0] as readonly [number, ThreadId]
    sql.exec('INSERT OR IGNORE INTO thread_key (hash, thread) VALUES (?, ?)', key, thread)
    return
  }
  sql.exec(
    `INSERT OR IGNORE INTO thread_key (hash, thread)
     SELECT value ->> '$[0]', value ->> '$[1]' FROM json_each(?)`,
    JSON.stringify(keys),
  )
}

/** Removes keys of threads that have no email any more. Reads all emails: for quiet times. */
export function prune(sql: Sql): void {
  sql.exec('DELETE FROM thread_key WHERE thread NOT IN (SELECT thread FROM email)')
}

/** cyrb53, a 53-bit non-cryptographic hash: collisions only join threads, which a sender can do by References anyway. */
function hash53(text: string): number {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return 4294967296 * (2097151 & b) + (a >>> 0)
}
