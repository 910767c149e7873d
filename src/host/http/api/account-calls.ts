/**
 * JMAP calls on behalf of a program: what an account says of its mail, in one round.
 *
 * Standards: RFC 8620 §3.3 (calls), §3.6.2 (errors).
 */
import type { House, MethodCall } from '../house.ts'
import { ApiFault } from './fault.ts'

export type CallResult = Readonly<Record<string, unknown>>

/** The id of the account of that address, of which it is known that the caller reaches it. */
export async function expectAccount({ mail }: House, address: string): Promise<string> {
  const accountId = await mail.accountOf(address)
  if (accountId === undefined) throw new ApiFault(404, `there is no account ${address.slice(0, 320)}`)
  return accountId
}

/** What the calls gave, in order; an error in place of a result stays with its type. */
export async function callMethods(
  { mail }: House,
  accountId: string,
  calls: readonly MethodCall[],
): Promise<CallResult[]> {
  const answers = await mail.calls(accountId, calls)
  if (answers === undefined) {
    throw new ApiFault(503, 'the account is busy; please try again', { headers: { 'Retry-After': '1' } })
  }
  return answers.map(([, result]) => result)
}

/** The list of a `/get`; throws what it gave in place of one. */
export function listOf(result: CallResult | undefined): CallResult[] {
  const list = result?.['list']
  if (!Array.isArray(list)) throw new Error(`an account answers ${JSON.stringify(result)}`)
  return list as CallResult[]
}
