/**
 * One entry's turn: deliver what is due, keep what came of it, report what is owed, and only then forget the message.
 *
 * Order is everything here. An outcome is written down before its report is composed, and the report is durable elsewhere
 * before the entry is deleted: a crash between any two steps repeats a step and loses nothing.
 */
import type { Envelope, Reply } from '../protocol/smtp/index.ts'
import type { Destination } from './destination.ts'
import type { QueuedRecipient } from './entry.ts'
import type { QueueEvent } from './event.ts'
import { bouncedOf, droppedEntry, hurried, isTooLate, named, tooLate, wasHurried } from './in-turn.ts'
import { type Announcement, announced, announcementOf, newsOf } from './news.ts'
import { composeNotification, lateRecipients, noticeTime } from './notification.ts'
import type { QueueOptions } from './options.ts'
import type { DeliveryAgent, RecipientOutcome } from './outcome.ts'
import { ReportPace } from './report-pace.ts'
import { retryDelay } from './retry-schedule.ts'
import type { Spool } from './spool.ts'
import { deadline, givenUpAt, type SpooledEntry } from './spool-row.ts'
import { told, type TrackingNotice, untold } from './tracking.ts'
import { Unwritten } from './unwritten.ts'
import { applyOutcome } from './verdict.ts'

export interface AttemptPorts {
  clock: () => number
  random: () => number
  agent: DeliveryAgent
  report(raw: Uint8Array, envelope: Envelope): Promise<Reply>
  /** Tells a submission how far its recipients are. Resolved means that it knows; a rejection is tried again. */
  track?: (notice: TrackingNotice) => Promise<void>
  /** Brings news to the programs that watch a message. Resolved means that they are safe; a rejection is tried again. */
  announce?: (announcement: Announcement) => Promise<void>
  /** An entry that is over as it is kept, where its outcomes ask for that. Undefined: it ends. */
  retain?: (entry: SpooledEntry) => SpooledEntry | undefined
  log: (event: QueueEvent) => void
  /**
   * Resolves after the moment for which an entry that is over may stay in the database, so that its end can share the commit
   * of the next write. Absent: not at all. A crash within that moment sends the message again, as a crash does between the
   * other side's 250 and ours hearing of it (RFC 1047).
   */
  linger?: () => Promise<void>
}

/** The last news are tried for so long behind the end of a message, which may be what they tell of. */
const newsGrace = 24 * 3_600_000

export class Attempts {
  readonly #spool: Spool
  readonly #ports: AttemptPorts
  readonly #options: QueueOptions
  readonly #destination: Destination
  readonly #unwritten = new Unwritten()
  readonly #pace: ReportPace

  constructor(spool: Spool, ports: AttemptPorts, options: QueueOptions, destination: Destination) {
    this.#spool = spool
    this.#ports = ports
    this.#options = options
    this.#destination = destination
    this.#pace = new ReportPace(options.reportsPerHour)
  }

  /** When the entry's next turn is; Infinity while it is held, undefined when it is gone. */
  async run(key: number, signal?: AbortSignal): Promise<number | undefined> {
    const entry = this.#read(key)
    if (entry === undefined) return this.#forget(key)
    if (entry.status === 'held') return Infinity
    if (entry.status === 'kept') return this.#forget(key)
    const now = this.#ports.clock()
    if (entry.status === 'frozen') return this.#discard(entry, now)
    const due = entry.recipients.filter((recipient) => recipient.state === 'waiting' && recipient.next <= now)
    if (due.length === 0) return this.#conclude(entry, false)
    const outcomes =
      this.#unwritten.outcomes(key) ??
      (isTooLate(entry, now) ? tooLate(due, now) : await this.#deliver(entry, due, signal))
    this.#unwritten.attempted(key, outcomes)
    // While the agent was away the operator may have held, retried or deleted the entry: the spool is right, not memory.
    const current = this.#read(key)
    if (current === undefined) return this.#forget(key)
    const after = this.apply(current, outcomes)
    if (!wasHurried(entry, current)) return this.#conclude(after, true)
    this.#destination.clear()
    return this.#conclude(hurried(after, this.#ports.clock()), true)
  }

  /** The entry after these outcomes. Nothing is written yet. `isOld`: not of an attempt, but known when the entry came. */
  apply(entry: SpooledEntry, outcomes: ReadonlyMap<string, RecipientOutcome>, isOld = false): SpooledEntry {
    const now = this.#ports.clock()
    const news = [...(entry.news ?? [])]
    // One for all: those that are put off together are due together, for one transaction, or one event of a webhook.
    const chance = this.#ports.random()
    const recipients = entry.recipients.map((recipient): QueuedRecipient => {
      const outcome = recipient.state === 'waiting' ? outcomes.get(recipient.address) : undefined
      if (outcome === undefined) return recipient
      const { schedule } = this.#options
      const trace = entry.envelope.by?.trace === true
      const { length: recipients } = entry.recipients
      const context = { now, expires: givenUpAt(entry), schedule, chance, trace, recipients }
      const after = applyOutcome(recipient, outcome, context)
      // Of what was delivered before, whoever did it has told.
      if (after.last !== undefined && !(isOld && after.state === 'delivered')) {
        const { address, attempts, last } = after
        const { domain, received } = entry
        const age = now - received
        this.#ports.log({ type: 'outcome', ...named(entry), domain, recipient: address, attempts, outcome: last, age })
      }
      const told = this.#ports.announce === undefined ? undefined : newsOf(entry, after, isOld)
      if (told !== undefined) news.push(told)
      return after
    })
    return { ...entry, recipients, interrupted: 0, ...(news.length === 0 ? {} : { news }) }
  }

  /**
   * The entry after the operator has dropped it: nothing is delivered and nothing is reported, and what is left is to tell
   * whoever follows the message. Undefined: nobody does, or it was dropped before.
   */
  drop(entry: SpooledEntry, now: number): SpooledEntry | undefined {
    if (entry.recipients.every(({ state, owed }) => state !== 'waiting' && owed === undefined)) return undefined
    const dropped = droppedEntry(entry, now, this.#ports.announce !== undefined)
    return this.#owesNews(dropped) ? dropped : undefined
  }

  async #deliver(
    entry: SpooledEntry,
    due: readonly QueuedRecipient[],
    signal: AbortSignal | undefined,
  ): Promise<Map<string, RecipientOutcome>> {
    const all = new Map<string, RecipientOutcome>()
    const raw = this.#spool.raw(entry.key) as Uint8Array
    for (let start = 0; start < due.length; start += this.#options.maxRecipients) {
      if (start > 0 && this.#destination.pausedUntil(this.#ports.clock()) !== undefined) break
      const recipients = due.slice(start, start + this.#options.maxRecipients)
      const outcomes = await this.#ask(entry, recipients, raw, signal)
      const pause = this.#destination.note(outcomes, this.#ports.clock())
      if (pause !== undefined) this.#ports.log({ type: 'paused', domain: entry.domain, ...pause })
      for (const outcome of outcomes) all.set(outcome.recipient, outcome)
    }
    return all
  }

  /** One job; exactly one outcome for each recipient comes back, whatever the agent does. */
  async #ask(
    entry: SpooledEntry,
    recipients: readonly QueuedRecipient[],
    raw: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<RecipientOutcome[]> {
    const id = entry.key.toString(36)
    const addressed = recipients.map(({ address, notify, orcpt, submitted, decided }) => ({
      address,
      ...(notify === undefined ? {} : { notify }),
      ...(orcpt === undefined ? {} : { orcpt }),
      ...(submitted === undefined ? {} : { submitted }),
      ...(decided === undefined ? {} : { decided }),
    }))
    let given: RecipientOutcome[] = []
    let diagnostic = 'The delivery agent gave no answer for this recipient'
    try {
      const { by } = entry.envelope
      const left = Math.floor((deadline(entry) - this.#ports.clock()) / 1_000)
      const envelope: Envelope = {
        ...entry.envelope,
        recipients: addressed,
        ...(by === undefined ? {} : { by: { ...by, seconds: left } }),
      }
      given = await this.#ports.agent.deliver({ id, domain: entry.domain, envelope, raw }, signal)
    } catch (cause) {
      this.#ports.log({ type: 'fault', id, cause })
      diagnostic = 'The delivery failed for reasons of our own'
    }
    const byRecipient = new Map(given.map((outcome) => [outcome.recipient, outcome]))
    const at = this.#ports.clock()
    return recipients.map(
      ({ address }) =>
        byRecipient.get(address) ?? { recipient: address, status: 'deferred', enhanced: '4.3.0', diagnostic, at },
    )
  }

  /** Lets the submission and watching programs know, once the outcome is written down, then settles. */
  async #conclude(entry: SpooledEntry, changed: boolean): Promise<number | undefined> {
    const { track, announce } = this.#ports
    const notice = track === undefined ? undefined : untold(entry)
    const announcement = announce === undefined ? undefined : announcementOf(entry)
    if (notice === undefined && announcement === undefined) return this.#settle(entry, changed)
    if (changed) this.#write({ ...entry, next: this.#ports.clock() })
    const [isTracked, isAnnounced] = await Promise.all([
      this.#isHeard(entry, notice === undefined ? undefined : track?.(notice)),
      this.#isHeard(entry, announcement === undefined ? undefined : announce?.(announcement)),
    ])
    let current = this.#read(entry.key)
    if (current === undefined) return undefined
    if (isTracked && notice !== undefined) current = told(current, notice)
    if (isAnnounced && announcement !== undefined) current = announced(current, announcement)
    return this.#settle(current, true)
  }

  async #isHeard({ key }: SpooledEntry, hearing: Promise<void> | undefined): Promise<boolean> {
    try {
      await hearing
      return true
    } catch (cause) {
      this.#ports.log({ type: 'fault', id: key.toString(36), cause })
      return false
    }
  }

  /** Writes the entry down as far as needed, hands reports over, and removes what is finished. */
  async #settle(entry: SpooledEntry, changed: boolean): Promise<number | undefined> {
    const now = this.#ports.clock()
    const id = entry.key.toString(36)
    if (entry.envelope.reversePath === '') return this.#settleReport(entry)
    const late = lateRecipients(entry, this.#options, now)
    const owed = entry.recipients.filter((recipient) => recipient.owed !== undefined)
    if (owed.length === 0 && late.length === 0) return this.#keep(entry)
    const to = entry.envelope.reversePath
    const turn = this.#pace.turn(entry.key, to, now)
    if (turn > now) return this.#putOff(entry, turn)
    if (changed) this.#write({ ...entry, next: owed.length > 0 ? now : this.#nextTurn(entry, now) })
    const original = this.#spool.raw(entry.key) as Uint8Array
    const told = composeNotification(entry, late, original, this.#options, now)
    let reply: Reply
    try {
      reply = await this.#ports.report(told.raw, told.envelope)
    } catch (cause) {
      this.#ports.log({ type: 'fault', id, cause })
      reply = { code: 451, enhanced: '4.3.0', text: 'The report could not be handed over' }
    }
    const current = this.#read(entry.key)
    if (current === undefined) return undefined
    if (reply.code < 300) {
      this.#ports.log({ type: 'reported', ...named(entry), to, actions: told.actions })
      this.#unwritten.reported(entry.key, owed, late)
      const recipients = current.recipients.map(({ owed: _owed, ...recipient }) => recipient)
      return this.#keep({
        ...current,
        recipients,
        delayNoticed: current.delayNoticed || late.length > 0,
        reportFailures: 0,
      })
    }
    const cause = `${reply.code} ${typeof reply.text === 'string' ? reply.text : reply.text.join(' ')}`
    this.#ports.log({ type: 'report-failed', id, to, cause })
    const failed = { ...current, reportFailures: current.reportFailures + 1 }
    const waits = failed.recipients.some((recipient) => recipient.state === 'waiting')
    const isOver = reply.code >= 500 && !waits && owed.length > 0
    // What is frozen tells nobody anything: whoever is to hear of it hears first.
    return isOver && !this.#owesNews(failed) ? this.#freeze(failed) : this.#keep(failed)
  }

  /** Its sender has had many reports lately: this one waits for its turn, and recipients that are due before it do not. */
  #putOff(entry: SpooledEntry, turn: number): number {
    const due = entry.recipients.filter(({ state }) => state === 'waiting').map(({ next }) => next)
    const next = entry.status === 'held' ? Infinity : Math.min(turn, ...due)
    this.#write({ ...entry, next })
    this.#ports.log({ type: 'report-put-off', id: entry.key.toString(36), to: entry.envelope.reversePath, until: turn })
    return next
  }

  /** A message from the null reverse-path: never reported (RFC 5321 §4.5.5); what bounced is frozen at the end. */
  #settleReport(entry: SpooledEntry): number | undefined {
    const recipients = entry.recipients.map(({ owed: _owed, ...recipient }) => recipient)
    const rest = { ...entry, recipients }
    const waits = recipients.some((recipient) => recipient.state === 'waiting')
    const bounced = recipients.some((recipient) => recipient.state === 'bounced')
    return !waits && bounced ? this.#freeze(rest) : this.#keep(rest)
  }

  /** Saves an entry with something left to do; removes it else. */
  #keep(entry: SpooledEntry): number | undefined {
    const open =
      entry.recipients.some((recipient) => recipient.state === 'waiting' || recipient.owed !== undefined) ||
      this.#owesNews(entry)
    if (!open) {
      const unreported = entry.recipients.filter((recipient) => recipient.state === 'bounced')
      const silent = unreported.filter((recipient) => recipient.notify?.includes('FAILURE') === false)
      if (silent.length > 0) {
        const recipients = silent.map((recipient) => recipient.address)
        this.#ports.log({ type: 'unreported', ...named(entry), recipients })
      }
      this.#giveUpNews(entry)
      this.#end(entry, this.#ports.retain?.(entry))
      return undefined
    }
    const kept = { ...entry, next: this.#nextTurn(entry, this.#ports.clock()) }
    this.#write(kept)
    return kept.next
  }

  /** The entry as it is in truth, which the one on disk may not be for a while. */
  #read(key: number): SpooledEntry | undefined {
    const entry = this.#spool.get(key)
    return entry === undefined ? undefined : this.#unwritten.withoutReported(entry)
  }

  #write(entry: SpooledEntry): void {
    this.#spool.update(entry)
    this.#unwritten.written(entry.key)
  }

  #forget(key: number): undefined {
    this.#unwritten.written(key)
  }

  /** `kept`: it goes on as that. */
  #end(entry: SpooledEntry, kept: SpooledEntry | undefined): void {
    const { linger } = this.#ports
    if (linger === undefined && kept === undefined) this.#spool.remove(entry)
    else {
      this.#spool.end(entry, kept)
      if (linger === undefined) this.writeEnds()
      else this.#spool.linger(linger, () => this.writeEnds())
    }
    this.#forget(entry.key)
  }

  /** Writes down what is over. Where that fails it stays to be done: see `Queue.nextWakeup`. */
  writeEnds(): void {
    try {
      this.#spool.flush()
    } catch (cause) {
      this.#ports.log({ type: 'fault', cause })
    }
  }

  #nextTurn(entry: SpooledEntry, now: number): number {
    if (entry.status === 'held') return Infinity
    let next = Infinity
    for (const recipient of entry.recipients) {
      if (recipient.state === 'waiting') next = Math.min(next, recipient.next)
      else if (recipient.owed !== undefined) {
        const again = retryDelay(this.#options.schedule, Math.max(1, entry.reportFailures), this.#ports.random())
        next = Math.min(next, now + again)
      }
    }
    if (next === Infinity && this.#owesNews(entry)) next = now + retryDelay(this.#options.schedule, 3, 0.5)
    const notice = noticeTime(entry, this.#options)
    const noticeIsDue = !entry.delayNoticed && notice > now
    return noticeIsDue && entry.envelope.reversePath !== '' ? Math.min(next, notice) : next
  }

  /** A status or news that could not be told yet, while anyone may still care. */
  #owesNews(entry: SpooledEntry): boolean {
    const { track, announce, clock } = this.#ports
    if (clock() >= entry.expires + newsGrace) return false
    return (track !== undefined && untold(entry) !== undefined) || (announce !== undefined && entry.news !== undefined)
  }

  #giveUpNews(entry: SpooledEntry): void {
    const recipients = entry.news?.flatMap((news) => news.recipients)
    if (recipients !== undefined) this.#ports.log({ type: 'unannounced', ...named(entry), recipients })
  }

  #freeze(entry: SpooledEntry): number {
    const until = this.#ports.clock() + this.#options.frozenLife
    const { news: _news, ...rest } = entry
    this.#giveUpNews(entry)
    this.#write({ ...rest, status: 'frozen', next: until })
    this.#ports.log({ type: 'frozen', ...named(entry), recipients: bouncedOf(entry), until })
    return until
  }

  #discard(entry: SpooledEntry, now: number): number | undefined {
    if (entry.next > now) return entry.next
    this.#ports.log({ type: 'discarded', ...named(entry), recipients: bouncedOf(entry) })
    this.#spool.remove(entry)
    return undefined
  }
}
