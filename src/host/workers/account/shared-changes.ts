/**
 * Tells those whom mail is shared with that something in it changed, for their clients that listen.
 *
 * What happens within a moment goes out as one change. Nothing of it is kept: a change that is lost with the process is made
 * good by the next one. An account that shares nothing looks at nothing.
 *
 * Standards: RFC 8620 §7.1; RFC 9670 §1.4 (only to those who are subscribed to something, or have something open in IMAP).
 */
import { sharedChangeSince } from '../../../access/jmap/index.ts'
import { anyone, type Commit, type MailStore, type ModSeq, type SharedMail } from '../../../mailbox/index.ts'
import { describe, type Log } from '../log.ts'

/** A delivery or a request changes things in several commits. */
const GATHER_MS = 100

/** Those who are forgotten hear of changes if they are subscribed, or with their next command. */
const maxVisitors = 1000

export interface SharedChangesPorts {
  readonly store: MailStore
  readonly accountId: string
  /** Keeps the object awake until the work is over. */
  readonly waitUntil: (work: Promise<void>) => void
  readonly tell: (principal: string, states: Record<string, string>) => Promise<void>
  readonly log: Log
}

export class SharedChanges {
  readonly #ports: SharedChangesPorts
  /** The state that each principal was told last, of those who are to be told. */
  readonly #marked = new Map<string, ModSeq>()
  /** Those whose IMAP sessions have been here since the object started. */
  readonly #visitors = new Set<string>()
  #running = false
  #ended = false

  constructor(ports: SharedChangesPorts) {
    this.#ports = ports
  }

  /** To be called for every commit. */
  notify(commit: Commit): void {
    const { store, waitUntil } = this.#ports
    if (this.#ended || store.grants.isEmpty) return
    for (const principal of new Set([...store.grants.principals(), ...this.#visitors])) {
      if (principal === anyone || this.#marked.has(principal)) continue
      const shared = store.sharedWith(principal)
      const isVisitor = this.#visitors.has(principal)
      // Who has just lost everything hears that too: a mailbox may be open.
      const isLost = shared === undefined && isVisitor && (commit.grants.has(principal) || commit.grants.has(anyone))
      if (!isLost && shared?.isConcerned(commit) !== true) continue
      if (isVisitor || (shared !== undefined && isListening(shared))) this.#marked.set(principal, commit.previousState)
    }
    if (this.#running || this.#marked.size === 0) return
    this.#running = true
    waitUntil(this.#run())
  }

  /** Somebody's IMAP session has looked at something here. */
  visited(principal: string): void {
    if (this.#visitors.size >= maxVisitors) this.#visitors.clear()
    this.#visitors.add(principal)
  }

  /** The account is removed: nothing is read any more. */
  end(): void {
    this.#ended = true
  }

  async #run(): Promise<void> {
    while (this.#marked.size > 0) {
      await scheduler.wait(GATHER_MS)
      const marked = [...this.#marked]
      this.#marked.clear()
      if (this.#ended) break
      await Promise.all(marked.map(([principal, since]) => this.#tell(principal, since)))
    }
    this.#running = false
  }

  async #tell(principal: string, since: ModSeq): Promise<void> {
    const { store, accountId, tell, log } = this.#ports
    try {
      const shared = store.sharedWith(principal)
      const change = shared && sharedChangeSince(shared, accountId, since)
      // Without states too: of what is marked `\\Deleted` JMAP sees nothing, and IMAP does.
      await tell(principal, { ...change?.changed[accountId] })
    } catch (error) {
      log('warning', 'a change of shared mail was not told', { error: describe(error) })
    }
  }
}

function isListening(shared: SharedMail): boolean {
  return shared.mailboxes().some(({ isSubscribed }) => isSubscribed)
}
