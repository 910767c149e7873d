/**
 * The envelope: who sent a message and who is to have it, apart from what its header says.
 *
 * Standards: RFC 5321 §2.3.1, RFC 6152 (8BITMIME), RFC 3030 (BINARYMIME), RFC 6531 (SMTPUTF8), RFC 3461 (DSN),
 * RFC 6710 (MT-PRIORITY), RFC 8689 (REQUIRETLS).
 */

/** `BODY=` of MAIL: what the content may contain (RFC 6152 §2, RFC 3030 §3). */
export type BodyType = '7BIT' | '8BITMIME' | 'BINARYMIME'

/** When the sender wants a report about one recipient (RFC 3461 §4.1). `NEVER` stands alone. */
export type NotifyCondition = 'NEVER' | 'SUCCESS' | 'FAILURE' | 'DELAY'

export interface Envelope {
  /** Address without angle brackets; `''` is the null reverse-path `<>` of reports (RFC 5321 §4.5.5). */
  reversePath: string
  recipients: Recipient[]
  /** The sender asked for internationalised transport (RFC 6531 §3.4). */
  smtputf8: boolean
  body: BodyType
  /** How much of the message a report returns (RFC 3461 §4.3). */
  ret?: 'FULL' | 'HDRS'
  /** Envelope identifier, xtext decoded (RFC 3461 §4.4). */
  envid?: string
  /** Over verified TLS only, all the way (RFC 8689 §2). */
  requireTls?: boolean
  /** -9 to 9, absent: 0; what is higher goes first (RFC 6710 §3). */
  priority?: number
  /** By when it is to be delivered, and what else is to be done (RFC 2852). */
  by?: DeliverBy
  /** Not to go on before (RFC 4865); of submissions only, and done with once the message is taken in. */
  hold?: Hold
  /** Ours alone, never from or to the wire: which submission hears how far the message has come. */
  submission?: SubmissionTag
  /** Ours alone: the message's id in the trace. */
  transactionId?: string
  /** Ours alone: by which ways it goes to its destination, where a rule has said so; names as routes have them. */
  ways?: readonly string[]
  /** Ours alone: the language of the sender, who is one of our people, for reports (RFC 5646). */
  language?: string
  /** Ours alone: programs that hear what becomes of the message. */
  watch?: Watch
  /** Ours alone: this is no mail but an event for a program. */
  event?: EventTag
}

/** What became of a message for one recipient. */
export type WatchedStatus = 'delivered' | 'deferred' | 'bounced'

/** Who watches a message that somebody here has sent. */
export interface Watch {
  /** As its sender knows the message. */
  id: string
  /** The envelope sender, whatever aliases make of it. */
  sender: string
  /** Without the angle brackets. */
  messageId?: string
  webhooks: readonly { readonly domain: string; readonly name: string; readonly events: readonly string[] }[]
}

export interface EventTag {
  /** The same for the same event, however often it is told. */
  id: string
  /** `message.delivered` */
  type: string
}

/** Seconds from now, or milliseconds since the epoch. */
export type Hold = { seconds: number } | { until: number }

export interface DeliverBy {
  /** From now: from when the message was taken in, or is given to the next host. Below zero once the time is over. */
  seconds: number
  /** `return`: not delivered later than that, but returned; `notify`: the sender is told, and the message goes on. */
  mode: 'return' | 'notify'
  /** The sender wants to hear of every host that took the message over. */
  trace: boolean
}

export interface SubmissionTag {
  accountId: string
  /** Known to that account only. */
  tag: string
}

export interface Recipient {
  /** Address without angle brackets or source route, as given; `postmaster` may stand without a domain. */
  address: string
  notify?: NotifyCondition[]
  /** Original recipient `type;address`, with the address part's encoding undone (RFC 3461 §4.2, RFC 6533 §3). */
  orcpt?: string
  /** Ours alone: the recipients of a submission that this one stands for, where an alias led to it. */
  submitted?: string[]
  /** Ours alone: rules were asked about this recipient, and this is what they want in the mailbox. */
  decided?: { readonly keywords?: readonly string[]; readonly mailbox?: string }
}
