/**
 * Submissions on their way: hands over what was held for later, and keeps their statuses as the queues tell them.
 *
 * What waits is a row of the account with a time, and the object's one alarm is its clock: canceling is then one local
 * write that nothing can overtake, and nothing waits in a queue that would have to be found again. A message is handed
 * over at least once: its row says pending until the answer is here, so only a crash in between sends it again, with the
 * same Message-ID.
 *
 * Standards: RFC 8621 §7, RFC 4865 (FUTURERELEASE).
 */
import { parseHeader, withoutBcc } from '../../../format/index.ts'
import {
  type Email,
  formatSubmissionId,
  type MailStore,
  type Submission,
  type SubmissionId,
} from '../../../mailbox/index.ts'
import { defaultQueueOptions, type TrackedStatus } from '../../../queue/index.ts'
import { replyText, type Reply } from '../../../protocol/smtp/index.ts'
import type { SubmissionPort, SubmissionResult } from '../submission-port.ts'
import { merged, statusesAfter, statusesOf, type DeliveryStatuses } from './delivery-status.ts'
import { toSmtpEnvelope, type JmapEnvelope } from './envelope.ts'
import { noteReport } from './incoming-report.ts'
import { returnMessage } from './returned.ts'

export interface OutboxPorts {
  readonly store: MailStore
  readonly submit: SubmissionPort
  readonly clock: () => number
  /** Asks for `run` to be called at that time, though this life may end before. */
  readonly wakeAt: (time: number) => void
  readonly onFault: (where: string, cause: unknown) => void
  /** How long after its time a message is tried, in milliseconds; as long as one that waits in a queue, if not said. */
  readonly life?: number
}

/** First wait after a hand-over that failed for the moment; doubled each time, up to an hour. */
const firstRetry = 60_000
const longestRetry = 3_600_000
/** News about hand-overs whose record is not written yet, at most. */
const maxEarly = 1000

export class Outbox {
  readonly #ports: OutboxPorts
  /** Tags of hand-overs under way, with the news that outran their record. */
  readonly #leaving = new Map<string, TrackedStatus[]>()
  /**
   * Hand-overs that are over and whose record the storage has not taken, as on a full disk: what is to be written. Without
   * it the message would be handed over again each time.
   */
  readonly #unwritten = new Map<SubmissionId, () => void>()

  constructor(ports: OutboxPorts) {
    this.#ports = ports
  }

  /** True while a pending submission is being handed over: too late to cancel it. */
  isLeaving(submission: Submission): boolean {
    return this.#unwritten.has(submission.id) || this.#isAway(submission)
  }

  #isAway({ tag }: Submission): boolean {
    return tag !== null && this.#leaving.has(tag)
  }

  wakeAt(time: number): void {
    this.#ports.wakeAt(time)
  }

  /** When the next held message is due. */
  nextWakeup(): number | undefined {
    const { store } = this.#ports
    return store.exists ? store.nextSubmission() : undefined
  }

  /** Hands over what is due. */
  async run(): Promise<void> {
    const { store } = this.#ports
    if (!store.exists) return
    for (const { id } of store.dueSubmissions()) {
      // It may have been canceled or destroyed while another one was on its way.
      const submission = store.submission(id)
      if (submission?.undoStatus !== 'pending') continue
      const known = this.#unwritten.get(id)
      if (known === undefined && this.#isAway(submission)) continue
      const write = known ?? (await this.#release(submission))
      this.#unwritten.set(id, write)
      write()
      this.#unwritten.delete(id)
    }
  }

  /** Hands a message over under a tag; news that comes before `settle` is kept for it. */
  async handOver(tag: string, work: () => Promise<SubmissionResult>): Promise<SubmissionResult> {
    this.#leaving.set(tag, [])
    try {
      return await work()
    } catch (error) {
      this.#leaving.delete(tag)
      throw error
    }
  }

  /** The hand-over is over: the statuses that belong into its record. */
  settle(tag: string, statuses: DeliveryStatuses): DeliveryStatuses {
    const early = this.#leaving.get(tag) ?? []
    this.#leaving.delete(tag)
    return merged(statuses, early) ?? statuses
  }

  /** News from a queue. A submission that is no more needs none. */
  track(tag: string, news: readonly TrackedStatus[]): void {
    const early = this.#leaving.get(tag)
    if (early !== undefined) {
      if (early.length < maxEarly) early.push(...news)
      return
    }
    const { store } = this.#ports
    const submission = store.exists ? store.submissionByTag(tag) : undefined
    if (submission !== undefined) this.#merge(submission, news)
  }

  /** A message from the null reverse-path was stored: perhaps a report on something that was sent from here. */
  stored(raw: Uint8Array, email: Email, isJunk = false): void {
    noteReport(this.#ports.store, raw, email, isJunk)
  }

  #merge(submission: Submission, news: readonly TrackedStatus[]): void {
    const statuses = merged((submission.deliveryStatus ?? {}) as DeliveryStatuses, news)
    if (statuses !== undefined) this.#ports.store.updateSubmission(submission.id, { deliveryStatus: statuses })
  }

  /** Hands it over. What comes of it is for the caller to write down. */
  async #release(submission: Submission): Promise<() => void> {
    const { store, submit, clock, onFault } = this.#ports
    const { id, heldBlob, tag } = submission
    const envelope = submission.envelope as JmapEnvelope
    if (heldBlob === null || tag === null) throw new Error(`submission ${id} is pending and holds no message`)
    let message: Uint8Array = new Uint8Array()
    let result: SubmissionResult
    let lastStatus: string | undefined
    try {
      result = await this.handOver(tag, async () => {
        const held = await store.reading(() => store.blob({ kind: 'message', blob: heldBlob }))
        if (held === undefined) throw new Error(`submission ${id}: its message is gone`)
        const { header, bodyStart } = parseHeader(held.bytes)
        message = withoutBcc(held.bytes, header)
        const headerSize = bodyStart - (held.bytes.length - message.length)
        const smtp = toSmtpEnvelope(envelope, message, headerSize, tag)
        return submit.submit(smtp, message, { tag, committed: true, submission: formatSubmissionId(id) })
      })
    } catch (cause) {
      onFault('EmailSubmission release', cause)
      result = { accepted: false, reply: ourFault }
    }
    if (!result.accepted && result.reply.code < 500) {
      if (clock() < this.#endOf(submission)) {
        this.settle(tag, {})
        const { reply } = result
        return () => this.#postpone(submission, reply)
      }
      lastStatus = result.reply.enhanced ?? '4.0.0'
      result = { accepted: false, reply: expired(result.reply) }
    }
    const { accepted, reply, delivered = [] } = result
    const statuses = accepted ? statusesAfter(envelope, reply, delivered) : statusesOf(envelope, reply, () => 'no')
    return () => {
      // News is kept for the record until it is there.
      const deliveryStatus = merged(statuses, this.#leaving.get(tag) ?? []) ?? statuses
      store.transaction(() => {
        const current = store.submission(id)
        if (current === undefined) return
        const report = accepted ? undefined : returnMessage(store, current, message, { reply, lastStatus, at: clock() })
        const end = { undoStatus: 'final', deliveryStatus } as const
        store.updateSubmission(id, { ...end, ...(report === undefined ? {} : { dsnBlobIds: [report] }) })
      })
      this.#leaving.delete(tag)
    }
  }

  /** Pending until it is gone: the sender can still cancel. */
  #postpone(submission: Submission, reply: Reply): void {
    const { store, clock } = this.#ports
    const { id, attempts } = submission
    const wait = Math.min(longestRetry, firstRetry * 2 ** Math.min(attempts, 10))
    const nextAttempt = Math.min(clock() + wait, this.#endOf(submission))
    const deliveryStatus = statusesOf(submission.envelope as JmapEnvelope, reply, () => 'queued')
    store.updateSubmission(id, { attempts: attempts + 1, nextAttempt, deliveryStatus })
  }

  /** From then on a deferral is final (RFC 5321 §4.5.4.1). */
  #endOf({ sendAt }: Submission): number {
    return sendAt + (this.#ports.life ?? defaultQueueOptions.life)
  }
}

const ourFault: Reply = { code: 451, enhanced: '4.3.0', text: 'A fault of this server.' }

/** RFC 3463 §3.5: X.4.7, delivery time expired. */
function expired(last: Reply): Reply {
  const text = `The message could not be handed over in time; the last attempt said: ${replyText(last)}`
  return { code: 554, enhanced: '5.4.7', text }
}
