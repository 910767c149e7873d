/**
 * Whom arrival needs beyond delivery's ports.
 */
import type { DeliveryPorts } from '../delivery/index.ts'
import type { Reply } from '../protocol/smtp/index.ts'
import type { TraceEvent } from '../trace/index.ts'
import type { Announcer } from '../webhooks/index.ts'
import type { Greylisting } from './greylisting.ts'
import type { Judgement } from './judgement.ts'
import type { ContentScanner } from './rspamd.ts'
import type { Verifier } from './verify.ts'
import type { SealingPort } from './seal.ts'
import type { SigningPort } from './sign.ts'

export interface ArrivalPorts extends DeliveryPorts {
  /** Our name in Received, Message-ID and replies. */
  hostname: string
  /** The domain of `<postmaster>` without one (RFC 5321 §4.5.1); without it such mail is refused. */
  postmasterDomain?: string
  /** A new unique id of letters and digits each time, for Message-IDs. */
  ids: () => string
  /** Signs what our own people and we ourselves send out; without it nothing is signed. */
  signer?: SigningPort
  /** Seals what came from outside and is passed on by an alias; without it nothing is sealed. */
  sealer?: SealingPort
  /** Asked about what our people send outside; without it there are no limits. */
  sending?: SendingPort
  /** A message with so many Received fields is in a loop. Default 100, as RFC 5321 §6.3 asks. */
  maxHops?: number
  /** Judges mail from outside; without one nothing is verified and nothing is written on it. */
  verifier?: Verifier
  /** Puts newcomers off; without it nobody is. */
  greylisting?: Pick<Greylisting, 'wait'>
  /** Asked about mail from outside that is welcome so far. */
  scanner?: ContentScanner
  /** Told of each message that was judged, once, with what its sender is told: after a 4xx it will come again. Must not throw. */
  onJudged?: (judgement: Judgement, reply: Reply) => void
  /** Given each report of another server that came to a person here who gets mail for our operator. Must not throw. */
  onReport?: (domain: string, raw: Uint8Array, judgement: Judgement | undefined) => void
  /** Tells programs that watch what our people send; without it nobody watches. */
  announcer?: Pick<Announcer, 'accepted' | 'news'>
  /** Told what became of each message, once. Must not throw. */
  trace?: (events: TraceEvent[]) => void
  /** What broke inside: told to the operator, never to the peer. */
  log?: (event: { type: 'arrival-fault'; transactionId: string; cause: unknown }) => void
}

/** What an account says of recipients outside. */
export interface SendingVerdict {
  /** All of it: too much for now. */
  refusal?: Reply
  /** In which the account's people read reports, where they have said so. */
  language?: string
  /** Single ones, by address as asked. */
  refused: { address: string; reply: Reply }[]
}

export interface SendingQuestion {
  outside: readonly string[]
  /** Nobody is left to take a refusal; it is only counted. */
  committed: boolean
}

/** The accounts' own books: what they have sent, and to whom they do not send. */
export interface SendingPort {
  /** `committed`: nobody is left to take a refusal; it is only counted. */
  check(accountId: string, outside: readonly string[], committed: boolean): Promise<SendingVerdict>
}
