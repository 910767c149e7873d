/**
 * The id under which programs know a message that was sent: the account, what it is traced under, and the submission of one that
 * was held for later.
 *
 * Security: ids come from clients; anything else than the written form is none.
 */
export interface SentMessageId {
  readonly accountId: string
  readonly transactionId: string
  /** Where it was held: its number in the account, `S12`. */
  readonly submission?: string | undefined
}

const shape = /^(a[0-9a-z]{1,63})-([0-9a-z]{8,40}(?:-[0-9]{1,6})?)(?:-(S[1-9][0-9]{0,9}))?$/

export function formatSentMessageId({ accountId, transactionId, submission }: SentMessageId): string {
  return [accountId, transactionId, ...(submission === undefined ? [] : [submission])].join('-')
}

export function parseSentMessageId(text: string): SentMessageId | undefined {
  const [, accountId, transactionId, submission] = shape.exec(text) ?? []
  if (accountId === undefined || transactionId === undefined) return undefined
  return { accountId, transactionId, submission }
}
