/**
 * What an account shares, and what is shared with it, wired: who is told, who is asked, and what the others' accounts ask
 * here.
 */
import {
  type CopiedEmail,
  type JmapLimits,
  type JmapResponse,
  SharedAccess,
  type SharedCall,
  ShareTeller,
  type SharingPorts,
  defaultLimits,
} from '../../../access/jmap/index.ts'
import type { Commit, MailStore, Person, ShareNews } from '../../../mailbox/index.ts'
import type { ImapSessionLimits } from '../../../access/imap/index.ts'
import type { LongText, VisitReply } from '../doors.ts'
import type { Env } from '../env.ts'
import { describe, type Log } from '../log.ts'
import type { AccountAlarm } from './account-alarm.ts'
import { GuestVisits } from './guest-visits.ts'
import { SharedChanges } from './shared-changes.ts'
import { longText, octetsOf, textOf } from './long-text.ts'
import { sharingPorts } from './sharing-ports.ts'

export interface AccountSharingHost {
  readonly env: Env
  readonly store: MailStore
  readonly account: () => Person
  readonly limits: Partial<JmapLimits>
  readonly imapLimits: Partial<ImapSessionLimits>
  readonly alarm: AccountAlarm
  readonly ids: () => string
  readonly waitUntil: (work: Promise<void>) => void
  /** Resolves when all that was written is on disk. */
  readonly synced: () => Promise<void>
  readonly onFault: (where: string, cause: unknown) => void
  readonly log: Log
}

export class AccountSharing {
  /** What JMAP needs to reach others. */
  readonly ports: SharingPorts
  readonly #host: AccountSharingHost
  readonly #teller: ShareTeller
  readonly #access: SharedAccess
  readonly #changes: SharedChanges
  readonly #visits: GuestVisits

  constructor(host: AccountSharingHost, accountId: string) {
    this.#host = host
    const { env, store, account, alarm, ids, waitUntil, onFault, log } = host
    const limits = { ...defaultLimits, ...host.limits }
    this.ports = sharingPorts({ env, account, log })
    this.#teller = new ShareTeller({
      store,
      account,
      clock: Date.now,
      wakeAt: (time) => alarm.wakeAt(time),
      tell: async (principal, news) => (await env.ACCOUNT.getByName(principal).learnSharing(news)) ?? 'gone',
      onFault,
    })
    alarm.add(this.#teller)
    const { people } = this.ports
    this.#access = new SharedAccess({ store, account, limits, clock: Date.now, ids, people, onFault })
    const { imapLimits, synced } = host
    this.#visits = new GuestVisits({ store, account, limits: imapLimits, people, synced, waitUntil, log })
    this.#changes = new SharedChanges({
      store,
      accountId,
      waitUntil,
      tell: async (principal, states) => env.ACCOUNT.getByName(principal).sharedChanged(accountId, states),
      log,
    })
  }

  /** To be called for every commit. */
  notify(commit: Commit): void {
    this.#teller.notify(commit)
    this.#changes.notify(commit)
  }

  async call(user: Person, call: LongText): Promise<LongText | null> {
    if (!this.#host.store.exists) return null
    const answer = await this.#access.call(user, JSON.parse(await textOf(call)) as SharedCall)
    return longText(JSON.stringify(answer))
  }

  async visit(user: Person, call: LongText, octets: ReadableStream<Uint8Array> | null): Promise<VisitReply | null> {
    // Whoever has a mailbox open waits for what happens in it.
    this.#changes.visited(user.id)
    return this.#visits.visit(user, call, octets)
  }

  async upload(user: Person, type: string, octets: ReadableStream<Uint8Array>): Promise<JmapResponse | null> {
    const bytes = await octetsOf(octets)
    return this.#host.store.exists ? this.#access.upload(user, bytes, type) : null
  }

  async blob(user: Person, blobId: string): Promise<{ type: string; size: number } | null> {
    if (!this.#host.store.exists) return null
    const blob = await this.#access.blob(user, blobId)
    return blob === undefined ? null : { type: blob.type, size: blob.size }
  }

  async octets(user: Person, blobId: string, start: number, end: number): Promise<Uint8Array | null> {
    if (!this.#host.store.exists) return null
    const blob = await this.#access.blob(user, blobId)
    const octets = await blob?.slice(start, end)
    if (octets === undefined) return null
    // Of a view, all that lies under it would travel.
    return octets.length === octets.buffer.byteLength ? octets : octets.slice()
  }

  async add(user: Person, email: string, raw: ReadableStream<Uint8Array>): Promise<string | null> {
    const bytes = await octetsOf(raw)
    if (!this.#host.store.exists) return null
    return JSON.stringify(await this.#access.add(user, JSON.parse(email) as CopiedEmail, bytes))
  }

  learn(news: ShareNews): Person | null {
    const { store, account } = this.#host
    if (!store.exists) return null
    store.sharedAccounts.learn(news)
    const { id, address, name } = account()
    return { id, address, name }
  }

  principalGone(principal: string): void {
    this.#teller.principalGone(principal)
  }

  /** The account is about to be removed: the others hear of it, as far as they can be reached. */
  async farewell(): Promise<void> {
    const { store, env, account, log } = this.#host
    this.#changes.end()
    if (!store.exists) return
    const { id } = account()
    const leaving = store.sharedAccounts.all().map(async (owner) => {
      try {
        await env.ACCOUNT.getByName(owner.id).principalGone(id)
      } catch (error) {
        // Found out when it is told something the next time.
        log('warning', 'an account that shared mail did not hear that this one is gone', { error: describe(error) })
      }
    })
    await Promise.all([this.#teller.farewell(), ...leaving])
  }
}
