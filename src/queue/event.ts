/**
 * What a queue tells its operator: one structured event for each thing that happened to a message.
 */
import type { LastOutcome } from './entry.ts'

/** `transactionId`: the message's id in the trace, as the envelope has it; `tells`: it is no mail but an event of this type. */
interface OfMessage {
  id: string
  transactionId?: string
  tells?: string
}

export type QueueEvent =
  | { type: 'queued'; id: string; domain: string; size: number; recipients: number }
  /** One attempt for one recipient ended. */
  | ({
      type: 'outcome'
      domain: string
      recipient: string
      attempts: number
      outcome: LastOutcome
      /** Milliseconds since the message was queued. */
      age: number
    } & OfMessage)
  /** The sender's report was handed over. */
  | ({ type: 'reported'; to: string; actions: string[] } & OfMessage)
  /** It was not; it is tried again. */
  | { type: 'report-failed'; id: string; to: string; cause: string }
  /** Its sender has had too many reports in the last hour: it goes then. */
  | { type: 'report-put-off'; id: string; to: string; until: number }
  /** Nobody is to be told of a failure: the sender said NOTIFY=NEVER, or asked for other reports only. */
  | ({ type: 'unreported'; recipients: string[] } & OfMessage)
  /** Programs that watch the message could not be told of its end within a day. */
  | ({ type: 'unannounced'; recipients: string[] } & OfMessage)
  /** A report that bounced, or a bounce that cannot be reported: kept until `until`. */
  | ({ type: 'frozen'; recipients: string[]; until: number } & OfMessage)
  /** A frozen message was dropped after its time. The only way a queue ever loses one, and never silently. */
  | ({ type: 'discarded'; recipients: string[] } & OfMessage)
  | { type: 'paused'; domain: string; until: number; failures: number }
  /** A life ended in the middle of this message's attempt. */
  | { type: 'interrupted'; id: string; domain: string; times: number }
  /** A bug or a broken port: the work is tried again. */
  | { type: 'fault'; id?: string; cause: unknown }
