/**
 * What a report says to people, in one language: complete sentences, into which addresses and the like are put.
 *
 * Standards: RFC 5646 (language tags), RFC 3463 §3 (what the causes are made from).
 */

/** Why a message could not be delivered, as far as it makes a difference to its sender. */
export const causes = [
  'unknownAddress',
  'badAddress',
  'unknownDomain',
  'noMail',
  'mailboxClosed',
  'mailboxFull',
  'tooLarge',
  'refused',
  'senderRefused',
  'unreachable',
  'busy',
  'insecure',
  'tooLate',
  'loop',
  'unsuitable',
  'other',
] as const

export type Cause = (typeof causes)[number]

export interface Wording {
  /** One sentence with `{address}` or `{domain}`: true of a failure as of a delay. */
  cause: string
  /** What the sender can do about a failure. */
  advice: string
}

export interface Catalogue {
  /** The primary language subtag: `de`. */
  language: string
  /** Subjects of reports. */
  subject: { failed: string; delayed: string; succeeded: string }
  /** The message at the beginning of a sentence; `titled` has `{subject}`. */
  message: { titled: string; untitled: string }
  /** Between addresses. */
  comma: string
  /** What became of the message; each has `{message}` and `{addresses}`. */
  failed: string
  delayed: string
  delivered: string
  relayed: string
  expanded: string
  /** After `delayed`: we go on until `{time}`. */
  untilWhen: string
  /** After `delayed`: there is nothing to do. */
  noAction: string
  /** After `failed`: we went on until `{time}`. */
  triedUntil: string
  /** Above what only administrators understand. */
  details: string
  /** `{address}`: what the sender wrote, where that is another address. */
  writtenTo: string
  /** `{host}`, `{answer}`. */
  answered: string
  /** `{host}` */
  writtenBy: string
  causes: Readonly<Record<Cause, Wording>>
}

/** The sentence with its places filled; what is put in is never looked into again. */
export function fill(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place)
}
