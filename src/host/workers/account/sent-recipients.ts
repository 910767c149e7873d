/**
 * Whom a message was for that the account has sent, as far as the account itself knows: by its submission, or by the copy in the
 * mailbox of sent mail.
 */
import { flattenAddresses, parseAddressList, parseHeader } from '../../../format/index.ts'
import type { MailStore } from '../../../mailbox/index.ts'

/** Lower case; empty when the account has sent no such message, as far as it knows. */
export async function recipientsOf(store: MailStore, messageId: string): Promise<Set<string>> {
  const found = new Set<string>()
  const submission = store.submissionByMessageId(messageId)
  const { rcptTo = [] } = (submission?.envelope ?? {}) as { rcptTo?: { email: string }[] }
  for (const { email } of rcptTo) found.add(email.toLowerCase())
  const sent = store.mailboxByRole('sent')?.id
  const ids = store.emailsByMessageId([messageId]).get(messageId) ?? []
  for (const { id, places } of store.emails(ids)) {
    if (!places.some(({ mailboxId }) => mailboxId === sent)) continue
    const header = await store.reading(() => headerOf(store.raw(id)))
    for (const name of ['to', 'cc', 'bcc']) for (const address of addressesOf(header?.first(name))) found.add(address)
  }
  return found
}

function headerOf(raw: Uint8Array | undefined) {
  return raw === undefined ? undefined : parseHeader(raw).header
}

function addressesOf(value: string | undefined): string[] {
  return flattenAddresses(parseAddressList(value ?? '')).map(({ address }) => address.toLowerCase())
}
