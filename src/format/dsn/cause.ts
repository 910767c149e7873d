/**
 * Why a message could not be delivered, in words for its sender.
 *
 * Standards: RFC 3463 §3, RFC 5248, RFC 7504, RFC 7505, RFC 7372.
 */

/** By subject and detail of the enhanced status code; sentences that go on from "Your message could not be delivered:". */
const CAUSES: Readonly<Record<string, string>> = {
  '1.1': 'the address does not exist',
  '1.2': 'the domain of the address does not exist or takes no mail',
  '1.3': 'the address is not written correctly',
  '1.4': 'the address is ambiguous at its destination',
  '1.6': 'the mailbox has moved, and its new address is not known',
  '1.7': 'the sender address was refused as malformed',
  '1.8': 'the sender address was refused because its domain cannot be reached',
  '1.10': 'the domain of the address accepts no mail',
  '2.0': 'there is a problem with the mailbox',
  '2.1': 'the mailbox is disabled',
  '2.2': 'the mailbox is full',
  '2.3': 'the message is larger than the recipient accepts',
  '2.4': 'the mailing list could not be expanded',
  '3.0': 'there is a problem with the mail system of the recipient',
  '3.1': 'the mail system of the recipient is full',
  '3.2': 'the mail system of the recipient is not accepting messages',
  '3.4': 'the message is larger than the mail system of the recipient accepts',
  '4.0': 'there is a network problem on the way',
  '4.1': 'the mail server of the recipient did not answer',
  '4.2': 'the connection to the mail server of the recipient was lost',
  '4.3': 'the name servers of the domain did not answer',
  '4.4': 'no mail server for the domain could be found',
  '4.5': 'the mail system of the recipient is overloaded',
  '4.6': 'the message went round in a loop',
  '4.7': 'the message could not be delivered in time',
  '5.0': 'the mail servers did not understand each other',
  '5.3': 'the message has too many recipients',
  '6.0': 'the content of the message was refused',
  '6.3': 'the content cannot be converted for the mail system of the recipient',
  '6.7': 'the mail system of the recipient does not support international addresses',
  '7.0': 'the mail system of the recipient refuses the message by policy',
  '7.1': 'the recipient, or the mail system of the recipient, does not accept mail from you',
  '7.2': 'the mailing list does not accept mail from you',
  '7.8': 'the login was refused',
  '7.10': 'the mail system of the recipient demands an encrypted connection',
  '7.20': 'the message has no valid DKIM signature',
  '7.23': 'this server is not allowed to send mail for the sender domain (SPF)',
  '7.25': 'the address of this server has no valid name',
  '7.26': 'the message could not be authenticated',
  '7.27': 'the domain of the sender accepts no mail',
}

const SUBJECTS: Readonly<Record<string, string>> = {
  '1': 'there is a problem with the address',
  '2': 'there is a problem with the mailbox',
  '3': 'there is a problem with the mail system of the recipient',
  '4': 'there is a network or routing problem',
  '5': 'the mail servers did not understand each other',
  '6': 'the content of the message was refused',
  '7': 'the mail system of the recipient refuses the message by policy',
}

/** A clause without a full stop, for an enhanced status code; always something. */
export function causeOf(status: string): string {
  const [, subject, detail] = /^[245]\.(\d{1,3})\.(\d{1,3})$/.exec(status) ?? []
  if (subject === undefined) return 'the mail system gave no reason'
  return CAUSES[`${subject}.${detail}`] ?? SUBJECTS[subject] ?? 'the mail system gave no reason'
}
