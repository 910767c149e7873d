/**
 * An account's own idea of spam, learned from what its people do with their mail.
 *
 * Moving a message to the mailbox for junk says spam; taking it out, filing it, answering or flagging it says that it was
 * wanted; so do the keywords `$junk` and `$notjunk` (RFC 5788's registry, as mail apps set them). What was said is written
 * down with the change; learning from it, which reads the message, comes later and in pieces. A message is learned from
 * once: another opinion takes the first one back.
 *
 * Cost: nothing for mail that comes in while nothing was ever learned; a row for each opinion, and one of 256 KiB for the
 * counts of all that is learned in one go.
 */
import type { Sql, SqlRow } from '../../storage/index.ts'
import { batches } from '../batches.ts'
import type { Commit } from '../changes.ts'
import type { EmailId, MailboxId } from '../ids.ts'
import type { MailboxRole } from '../types.ts'
import type { MailboxView } from '../view.ts'
import { Classifier, type Verdict } from './classifier.ts'
import { tokensOf } from './token.ts'

/** As many of each must have been learned before the filter has a say. */
export const leastLearned = 20
/** A score from here on is spam. */
const spamFrom = 0.95

/** The mail that the filter learns from. */
export interface SpamSource {
  mailboxByRole(role: MailboxRole): { id: MailboxId } | undefined
  view(mailbox: MailboxId): MailboxView
  /** Octets of a message, within `reading`. */
  raw(id: EmailId): Uint8Array | undefined
  reading<T>(work: () => T): Promise<T>
  transaction<T>(work: () => T): T
}

interface OpinionRow extends SqlRow {
  email: number
  wanted: Verdict
  learned: Verdict | null
}

/** Of any number of messages. The condition keeps SQLite from reading ON as that of a join. */
const upsert = `INSERT INTO spam (email, wanted) SELECT value, ? FROM json_each(?) WHERE true
  ON CONFLICT (email) DO UPDATE SET wanted = excluded.wanted WHERE wanted <> excluded.wanted`

export class SpamFilter {
  readonly #sql: Sql
  readonly #source: SpamSource
  #classifier: Classifier | undefined
  /** Opinions are written that were not learned from; undefined: not known in this life. */
  #pending: boolean | undefined

  constructor(sql: Sql, source: SpamSource) {
    this.#sql = sql
    this.#source = source
  }

  /** Writes down what a change says about messages. Called after each commit. */
  noteCommit(commit: Commit): void {
    const opinions = this.#opinionsOf(commit)
    if (opinions.size === 0) return
    this.#source.transaction(() => {
      for (const [verdict, said] of Map.groupBy(opinions, ([, verdict]) => verdict)) {
        const emails = said.map(([email]) => email)
        for (const batch of batches(emails)) this.#sql.exec(upsert, verdict, JSON.stringify(batch))
      }
    })
    this.#pending = true
  }

  /** Learns from up to `limit` messages; how many there were, 0 when none is left. */
  async learn(limit: number): Promise<number> {
    this.#pending ??= this.#waiting(1).length > 0
    if (!this.#pending) return 0
    const rows = this.#waiting(limit)
    const tokens = new Map<number, Uint16Array>()
    for (const { email } of rows) {
      const found = await this.#source.reading(() => {
        const raw = this.#source.raw(email as EmailId)
        return raw === undefined ? undefined : tokensOf(raw)
      })
      if (found !== undefined) tokens.set(email, found)
    }
    const classifier = this.#load()
    this.#source.transaction(() => {
      for (const { email, wanted, learned } of rows) this.#settle(classifier, email, wanted, learned, tokens.get(email))
      if (tokens.size > 0) this.#save(classifier)
    })
    this.#pending = rows.length === limit
    return rows.length
  }

  /** From 0, wanted, to 1, spam; undefined while too little was learned. */
  score(raw: Uint8Array): number | undefined {
    const classifier = this.#load()
    if (classifier.spam < leastLearned || classifier.wanted < leastLearned) return undefined
    return classifier.score(tokensOf(raw))
  }

  /** True when a message like those called spam. */
  isSpam(raw: Uint8Array): boolean {
    return (this.score(raw) ?? 0) >= spamFrom
  }

  /** How many messages of each kind were learned from. */
  get learned(): { wanted: number; spam: number } {
    const { wanted, spam } = this.#load()
    return { wanted, spam }
  }

  /** Memory no longer agrees with the database. */
  forget(): void {
    this.#classifier = undefined
    this.#pending = undefined
  }

  #settle(
    classifier: Classifier,
    email: number,
    wanted: Verdict,
    learned: Verdict | null,
    tokens: Uint16Array | undefined,
  ): void {
    // Gone before anything was learned from it.
    if (tokens === undefined) {
      this.#sql.exec('DELETE FROM spam WHERE email = ?', email)
      return
    }
    if (learned !== null) classifier.unlearn(tokens, learned)
    classifier.learn(tokens, wanted)
    this.#sql.exec('UPDATE spam SET learned = ? WHERE email = ?', wanted, email)
  }

  #opinionsOf(commit: Commit): Map<EmailId, Verdict> {
    const opinions = new Map<EmailId, Verdict>()
    if (commit.emails.updated.length === 0) return opinions
    this.#fromKeywords(commit, opinions)
    this.#fromMoves(commit, opinions)
    return opinions
  }

  /** What apps and people say by keywords: `$junk`, `$notjunk`; and a flag or an answer is for wanted mail. */
  #fromKeywords(commit: Commit, opinions: Map<EmailId, Verdict>): void {
    for (const [mailboxId, { changed }] of commit.placements) {
      if (changed.length === 0) continue
      const view = this.#source.view(mailboxId)
      for (const uid of changed) {
        const row = view.indexOf(uid)
        if (row < 0) continue
        const keywords = view.keywordsAt(row)
        if (keywords.includes('$junk')) opinions.set(view.emailIdAt(row), 'spam')
        else if (keywords.some((name) => signsOfInterest.has(name))) opinions.set(view.emailIdAt(row), 'wanted')
      }
    }
  }

  /** Into the mailbox for junk; or out of it, or out of the inbox, into one that is not for what is thrown away. */
  #fromMoves(commit: Commit, opinions: Map<EmailId, Verdict>): void {
    const [junk, inbox, trash] = (['junk', 'inbox', 'trash'] as const).map(
      (role) => this.#source.mailboxByRole(role)?.id,
    )
    const updated = new Set(commit.emails.updated)
    const left = [junk, inbox].some((id) => id !== undefined && (commit.placements.get(id)?.expunged.length ?? 0) > 0)
    for (const [mailboxId, { added }] of commit.placements) {
      if (added.length === 0 || mailboxId === trash || (mailboxId !== junk && !left)) continue
      const view = this.#source.view(mailboxId)
      for (const uid of added) {
        const row = view.indexOf(uid)
        const email = row < 0 ? undefined : view.emailIdAt(row)
        // What is new here, and not only in this mailbox, nobody has judged.
        if (email === undefined || !updated.has(email)) continue
        opinions.set(email, mailboxId === junk ? 'spam' : 'wanted')
      }
    }
  }

  #waiting(limit: number): OpinionRow[] {
    const query = 'SELECT email, wanted, learned FROM spam WHERE learned IS NOT wanted LIMIT ?'
    return this.#sql.exec<OpinionRow>(query, limit).toArray()
  }

  #load(): Classifier {
    if (this.#classifier !== undefined) return this.#classifier
    const [row] = this.#sql.exec<{ counts: ArrayBuffer }>('SELECT counts FROM spam WHERE email = 0').toArray()
    const stored = row === undefined ? undefined : Classifier.decode(new Uint8Array(row.counts))
    return (this.#classifier = stored ?? new Classifier())
  }

  #save(classifier: Classifier): void {
    this.#sql.exec('INSERT OR REPLACE INTO spam (email, counts) VALUES (0, ?)', classifier.encode())
  }
}

const signsOfInterest = new Set(['$notjunk', '$answered', '$flagged', '$forwarded'])
