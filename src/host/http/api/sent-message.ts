/**
 * Messages that programs sent: whose they are, what became of them, and that one which is held does not go.
 *
 * Security: an id names its account, and only who reaches that account hears of it.
 */
import { AdminError } from '../../../access/admin/index.ts'
import { parseSentMessageId, type SenderStep, senderView, type SentMessageId } from '../../../trace/index.ts'
import type { House } from '../house.ts'
import { callMethods, listOf } from './account-calls.ts'
import type { Caller } from './caller.ts'
import { ApiFault } from './fault.ts'

export const noMessage = new ApiFault(404, 'there is no such message, or nothing is known of it yet or any more', {
  headers: { 'Retry-After': '1' },
})

/** The message that the id names, when it is of an account that the caller reaches. */
export async function expectOwn({ mail }: House, text: string, caller: Caller): Promise<SentMessageId> {
  const id = parseSentMessageId(text)
  const owner = id === undefined ? undefined : await mail.addressOf(id.accountId)
  // Ids of others are not told from ids of nobody.
  if (id === undefined || owner === undefined || !caller.reachesAddress(owner)) throw noMessage
  return id
}

/** As the sender may see them: where aliases lead, and what rules do, is the administrator's. */
export async function stepsOf(
  { administration: { traces } }: House,
  { accountId, transactionId }: SentMessageId,
): Promise<SenderStep[]> {
  try {
    const steps = await traces.show(transactionId)
    const isOwn = steps.some((step) => step.type === 'arrived' && step.account === accountId)
    return isOwn ? senderView(steps) : []
  } catch (error) {
    if (error instanceof AdminError && error.fault === 'missing') return []
    throw error
  }
}

interface HeldSubmission {
  readonly undoStatus: 'pending' | 'final' | 'canceled'
  readonly sendAt: string
  readonly emailId: string
  readonly envelope: { readonly rcptTo: readonly { readonly email: string }[] }
}

export async function submissionOf(
  house: House,
  { accountId, submission }: SentMessageId,
): Promise<HeldSubmission | undefined> {
  const call = { accountId, ids: [submission], properties: ['undoStatus', 'sendAt', 'emailId', 'envelope'] }
  const [got] = await callMethods(house, accountId, [['EmailSubmission/get', call, '0']])
  return listOf(got)[0] as HeldSubmission | undefined
}

/** Those to whom nothing has been sent: it waits for its time, or will not go at all. */
export function unsent({ undoStatus, envelope }: HeldSubmission) {
  if (undoStatus === 'final') return []
  const status = undoStatus === 'canceled' ? ('canceled' as const) : ('scheduled' as const)
  return envelope.rcptTo.map(({ email }) => ({ address: email, status }))
}

export async function cancelHeld(house: House, id: SentMessageId): Promise<void> {
  const { accountId, submission } = id
  const held = submission === undefined ? undefined : await submissionOf(house, id)
  const tooLate = new ApiFault(409, 'the message is on its way already')
  if (submission === undefined) throw tooLate
  if (held === undefined) throw noMessage
  if (held.undoStatus === 'canceled') return
  const update = { [submission]: { undoStatus: 'canceled' } }
  const [answer] = await callMethods(house, accountId, [['EmailSubmission/set', { accountId, update }, '0']])
  if (!Object.hasOwn((answer?.['updated'] as object | null) ?? {}, submission)) throw tooLate
  await callMethods(house, accountId, [['Email/set', { accountId, destroy: [held.emailId] }, '0']])
}
