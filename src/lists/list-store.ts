/**
 * SQL of a list's object: settings, members, and the posts that are on their way to them.
 *
 * Limits: 20,000 members, 100 posts on their way; the last 50 that are done are remembered without their text.
 */
import { isMigrated, migrate, type Sql, type SqlRow } from '../storage/index.ts'
import { canonicalAddress } from '../routing/index.ts'
import type { ListSettings } from './list-settings.ts'
import { listSchema } from './list-schema.ts'
import { type Member, type MemberState, readMemberToken } from './member.ts'
import type { NewPost, Post, Progress } from './post.ts'

export const mostMembers = 20_000
const mostUnderWay = 100
const mostRemembered = 50
/** A row holds less than 2 MB. */
const chunkSize = 1024 * 1024

interface MemberRow extends SqlRow {
  id: number
  address: string
  secret: string
  state: MemberState
  since: number
  bounces: number
  bounced: number | null
  cause: string | null
}

interface PostRow extends SqlRow {
  id: number
  author: string
  subject: string
  received: number
  size: number
  reached: number
  last: number
  late: string
  sent: number
  refused: number
  done: number | null
  origin: string | null
}

export class ListStore {
  readonly #sql: Sql
  #settings: ListSettings | undefined
  #loaded = false

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** Undefined: this is no list; nothing is written then. */
  get settings(): ListSettings | undefined {
    if (!this.#loaded) {
      this.#loaded = true
      if (isMigrated(this.#sql)) {
        migrate(this.#sql, listSchema)
        const query = `SELECT value FROM setting WHERE key = 'list'`
        const row = this.#sql.exec<{ value: string }>(query).toArray()[0]
        this.#settings = row === undefined ? undefined : (JSON.parse(row.value) as ListSettings)
      }
    }
    return this.#settings
  }

  /** Makes the list, or changes what is said of it. */
  set(settings: ListSettings): void {
    this.#sql.transaction(() => {
      migrate(this.#sql, listSchema)
      this.#sql.exec(`INSERT OR REPLACE INTO setting VALUES ('list', ?)`, JSON.stringify(settings))
    })
    this.#settings = settings
    this.#loaded = true
  }

  /** The tables are gone. */
  forget(): void {
    this.#settings = undefined
    this.#loaded = false
  }

  /** In the order in which they came, after the member `after`. */
  members(after = 0, limit = 1_000): Member[] {
    const query = 'SELECT * FROM member WHERE id > ? ORDER BY id LIMIT ?'
    return this.#sql.exec<MemberRow>(query, after, limit).toArray().map(memberOf)
  }

  /** Those of these ids that mail is sent to, in order. */
  receivers(after: number, last: number, limit: number): Member[] {
    const query = `SELECT * FROM member WHERE id > ? AND id <= ? AND state = 'active' ORDER BY id LIMIT ?`
    return this.#sql.exec<MemberRow>(query, after, last, limit).toArray().map(memberOf)
  }

  count(): { active: number; bouncing: number } {
    const query = 'SELECT state, count(*) AS n FROM member GROUP BY state'
    const counts = new Map(
      this.#sql
        .exec<{ state: MemberState; n: number }>(query)
        .toArray()
        .map(({ state, n }) => [state, n]),
    )
    return { active: counts.get('active') ?? 0, bouncing: counts.get('bouncing') ?? 0 }
  }

  member(id: number): Member | undefined {
    return this.#sql.exec<MemberRow>('SELECT * FROM member WHERE id = ?', id).toArray().map(memberOf)[0]
  }

  /** However the address is written. */
  memberAt(address: string): Member | undefined {
    const key = canonicalAddress(address)
    if (key === undefined) return undefined
    return this.#sql.exec<MemberRow>('SELECT * FROM member WHERE key = ?', key).toArray().map(memberOf)[0]
  }

  /** Undefined unless the token is one of this list's. */
  memberOf(token: string): Member | undefined {
    const read = readMemberToken(token)
    const member = read === undefined ? undefined : this.member(read.id)
    return member?.secret === read?.secret ? member : undefined
  }

  /** False: there is no room, or it is no address. Who is a member already gets mail again if it did not. */
  add(address: string, secret: string, now: number): boolean {
    const key = canonicalAddress(address)
    if (key === undefined) return false
    if (this.memberAt(address) !== undefined) {
      this.#sql.exec(`UPDATE member SET state = 'active', bounces = 0, bounced = NULL, cause = NULL WHERE key = ?`, key)
      return true
    }
    const { active, bouncing } = this.count()
    if (active + bouncing >= mostMembers) return false
    const insert = `INSERT INTO member (address, key, secret, state, since) VALUES (?, ?, ?, 'active', ?)`
    this.#sql.exec(insert, address, key, secret, now)
    return true
  }

  remove(id: number): void {
    this.#sql.exec('DELETE FROM member WHERE id = ?', id)
  }

  noteBounce({ id, state, bounces, bounced = 0, cause = '' }: Member): void {
    const update = 'UPDATE member SET state = ?, bounces = ?, bounced = ?, cause = ? WHERE id = ?'
    this.#sql.exec(update, state, bounces, bounced, cause, id)
  }

  /** Undefined: too many are on their way. Who becomes a member later does not get it. */
  addPost({ author, subject, origin, raw }: NewPost, now: number): number | undefined {
    const waiting = this.#sql.exec<{ n: number }>('SELECT count(*) AS n FROM post WHERE done IS NULL').one().n
    if (waiting >= mostUnderWay) return undefined
    return this.#sql.transaction(() => {
      const insert = `INSERT INTO post (author, subject, received, size, origin, last)
        SELECT ?, ?, ?, ?, ?, coalesce(max(id), 0) FROM member RETURNING id`
      const { id } = this.#sql.exec<{ id: number }>(insert, author, subject, now, raw.length, origin ?? null).one()
      for (let seq = 0; seq * chunkSize < raw.length; seq++) {
        const piece = raw.subarray(seq * chunkSize, (seq + 1) * chunkSize)
        this.#sql.exec('INSERT INTO chunk VALUES (?, ?, ?)', id, seq, piece)
      }
      return id
    })
  }

  /** On its way, or one of those that are remembered. */
  hasPost(origin: string): boolean {
    return this.#sql.exec('SELECT 1 FROM post WHERE origin = ?', origin).toArray().length > 0
  }

  /** On their way, the oldest first. */
  postsUnderWay(): Post[] {
    return this.#sql.exec<PostRow>('SELECT * FROM post WHERE done IS NULL ORDER BY id').toArray().map(postOf)
  }

  /** The newest first. */
  posts(): Post[] {
    return this.#sql.exec<PostRow>('SELECT * FROM post ORDER BY id DESC').toArray().map(postOf)
  }

  raw({ id, size }: Pick<Post, 'id' | 'size'>): Uint8Array {
    const whole = new Uint8Array(size)
    let end = 0
    for (const { raw } of this.#sql.exec<{ raw: ArrayBuffer }>(
      'SELECT raw FROM chunk WHERE post = ? ORDER BY seq',
      id,
    )) {
      whole.set(new Uint8Array(raw), end)
      end += raw.byteLength
    }
    if (end !== size) throw new Error(`post ${id} has ${end} of ${size} octets`)
    return whole
  }

  progress(id: number, { reached, late, sent, refused }: Progress): void {
    const update = 'UPDATE post SET reached = ?, late = ?, sent = ?, refused = ? WHERE id = ?'
    this.#sql.exec(update, reached, JSON.stringify(late), sent, refused, id)
  }

  finish(id: number, now: number): void {
    this.#sql.transaction(() => {
      this.#sql.exec('UPDATE post SET done = ? WHERE id = ?', now, id)
      this.#sql.exec('DELETE FROM chunk WHERE post = ?', id)
      this.#sql.exec('DELETE FROM post WHERE done IS NOT NULL AND id <= ?', id - mostRemembered)
    })
  }
}

function memberOf({ id, address, secret, state, since, bounces, bounced, cause }: MemberRow): Member {
  return {
    id,
    address,
    secret,
    state,
    since,
    bounces,
    ...(bounced === null ? {} : { bounced }),
    ...(cause === null ? {} : { cause }),
  }
}

function postOf({ late, done, origin: _origin, ...row }: PostRow): Post {
  return { ...row, late: JSON.parse(late) as number[], ...(done === null ? {} : { done }) }
}
