/**
 * The numbers that name things in one account, and their text forms in JMAP and IMAP (OBJECTID).
 *
 * One counter per account gives every number, so a number names at most one object of its kind for ever.
 *
 * Standards: RFC 8620 §1.2 (Id), RFC 8474 (EMAILID, THREADID, MAILBOXID), RFC 9051 §2.3.1 (UID), RFC 7162 (mod-sequence).
 * Security: ids come from clients; anything but the canonical form is refused, so two texts never name one object.
 */
declare const brand: unique symbol
type Brand<Name extends string> = number & { readonly [brand]: Name }

export type EmailId = Brand<'EmailId'>
export type ThreadId = Brand<'ThreadId'>
export type MailboxId = Brand<'MailboxId'>
export type IdentityId = Brand<'IdentityId'>
export type SubmissionId = Brand<'SubmissionId'>
export type CredentialId = Brand<'CredentialId'>
/** Names stored bytes: a whole message or an upload. */
export type BlobNumber = Brand<'BlobNumber'>
/** Unique within a mailbox and its UIDVALIDITY, strictly ascending (RFC 9051 §2.3.1.1). */
export type Uid = Brand<'Uid'>
/** The account's change counter: JMAP's state and IMAP's mod-sequence at once. */
export type ModSeq = Brand<'ModSeq'>

/** UIDs are 32 bits (RFC 9051 §9, nz-number) and share the account's counter, so the counter ends there too. */
export const maxNumber = 0xffff_fffe

/** What a JMAP blobId names: a stored message, an upload, or one part of a message with its encoding undone. */
export type BlobRef =
  | { readonly kind: 'message'; readonly blob: BlobNumber }
  | { readonly kind: 'upload'; readonly blob: BlobNumber }
  /** `part` counts the MIME tree depth first, the root is 0; see `partsInOrder`. */
  | { readonly kind: 'part'; readonly email: EmailId; readonly part: number }

export const formatEmailId = (id: EmailId): string => `M${id}`
export const formatThreadId = (id: ThreadId): string => `T${id}`
export const formatMailboxId = (id: MailboxId): string => `B${id}`
export const formatIdentityId = (id: IdentityId): string => `I${id}`
export const formatSubmissionId = (id: SubmissionId): string => `S${id}`

/** The number in `M12`; undefined for anything that `formatEmailId` would not write. It need not exist. */
export const parseEmailId = (text: string): EmailId | undefined => parse(text, 'M') as EmailId | undefined
export const parseThreadId = (text: string): ThreadId | undefined => parse(text, 'T') as ThreadId | undefined
export const parseMailboxId = (text: string): MailboxId | undefined => parse(text, 'B') as MailboxId | undefined
export const parseIdentityId = (text: string): IdentityId | undefined => parse(text, 'I') as IdentityId | undefined
export const parseSubmissionId = (text: string): SubmissionId | undefined =>
  parse(text, 'S') as SubmissionId | undefined

/** `G<blob>`, `U<blob>` or `P<email>-<part>`. */
export function formatBlobId(ref: BlobRef): string {
  if (ref.kind === 'message') return `G${ref.blob}`
  if (ref.kind === 'upload') return `U${ref.blob}`
  return `P${ref.email}-${ref.part}`
}

/** The inverse of `formatBlobId`; undefined for anything else. */
export function parseBlobId(text: string): BlobRef | undefined {
  const message = parse(text, 'G')
  if (message !== undefined) return { kind: 'message', blob: message as BlobNumber }
  const upload = parse(text, 'U')
  if (upload !== undefined) return { kind: 'upload', blob: upload as BlobNumber }
  const part = /^(P[0-9]{1,10})-(0|[1-9][0-9]{0,5})$/.exec(text)
  const email = part === null ? undefined : parse(part[1] as string, 'P')
  if (part === null || email === undefined) return undefined
  return { kind: 'part', email: email as EmailId, part: Number(part[2]) }
}

/** A state string (RFC 8620 §1.2): the counter in decimal. */
export const formatState = (state: ModSeq): string => String(state)

/** The counter in a state string; undefined for anything that was never given out as one. */
export function parseState(text: string): ModSeq | undefined {
  return text === '0' ? (0 as ModSeq) : (parse(`s${text}`, 's') as ModSeq | undefined)
}

function parse(text: string, prefix: string): number | undefined {
  if (text.length < 2 || text.length > 11 || text[0] !== prefix) return undefined
  if (!/^[1-9][0-9]*$/.test(text.slice(1))) return undefined
  const number = Number(text.slice(1))
  return number <= maxNumber ? number : undefined
}
