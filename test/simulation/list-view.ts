/**
 * What a list has in its tables, read past the code under test.
 */
import type { Database } from './database.ts'
import { passedBy, tokenOf } from './message.ts'

export interface SeenMember {
  id: number
  address: string
  /** Where its mail comes back to, after the list's name. */
  token: string
  isActive: boolean
  bounces: number
}

export interface SeenPost {
  id: number
  /** Absent: its text is gone already. */
  token?: string
  /** The message, whatever way it came. */
  origin: string
  author: string
  /** Addresses that it has been at. */
  passed: ReadonlySet<string>
  /** The members up to this one are to get it. */
  last: number
  reached: number
  late: readonly number[]
  refused: number
  sent: number
  isDone: boolean
}

export interface SeenList {
  members: readonly SeenMember[]
  posts: readonly SeenPost[]
}

export function readList(database: Database): SeenList {
  const exists = database.exec(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'post'`).toArray()
  if (exists.length === 0) return { members: [], posts: [] }
  const members = database.exec('SELECT id, address, secret, state, bounces FROM member ORDER BY id').toArray()
  const posts = database.exec(
    `SELECT id, origin, author, last, reached, late, refused, sent, done, (SELECT raw FROM chunk WHERE post = post.id AND seq = 0) AS raw
     FROM post ORDER BY id`,
  )
  return {
    members: members.map(({ id, address, secret, state, bounces }) => ({
      id: id as number,
      address: address as string,
      token: `${(id as number).toString(36)}-${secret as string}`,
      isActive: state === 'active',
      bounces: bounces as number,
    })),
    posts: posts.toArray().map(({ id, origin, author, last, reached, late, refused, sent, done, raw }) => {
      const text = raw === null ? '' : Buffer.from(raw as ArrayBuffer).toString('latin1')
      const token = tokenOf(text)
      return {
        id: id as number,
        ...(token === undefined ? {} : { token }),
        origin: /^<([^@]*)@/.exec(origin as string)?.[1] ?? '',
        author: author as string,
        passed: passedBy(text),
        last: last as number,
        reached: reached as number,
        late: JSON.parse(late as string) as number[],
        refused: refused as number,
        sent: sent as number,
        isDone: done !== null,
      }
    }),
  }
}
