/**
 * MAIL: may this authenticated user send in this name?
 *
 * Standards: RFC 6409 §6.1 (enforced submission rights), RFC 5321 §4.5.5 (null reverse-path), RFC 3463 (5.7.1).
 */
import { splitAddress } from '../format/index.ts'
import type { Reply } from '../protocol/smtp/index.ts'
import { ownsAddress } from '../routing/index.ts'
import type { ArrivalPorts } from './ports.ts'

export interface SenderQuestion {
  /** The authenticated account. */
  accountId: string
  /** Reverse-path; '' for `<>`. */
  address: string
}

/**
 * 250 2.1.0, or 553 5.7.1 for an address that does not belong to the account. The null reverse-path is everybody's:
 * vacation notices and reports need it.
 */
export async function checkSender(question: SenderQuestion, ports: Pick<ArrivalPorts, 'directory'>): Promise<Reply> {
  const { accountId, address } = question
  if (address === '') return { code: 250, enhanced: '2.1.0', text: 'Sender is welcome' }
  if (splitAddress(address) === undefined)
    return { code: 501, enhanced: '5.1.7', text: 'This is not a valid mail address' }
  try {
    if (await ownsAddress(address, accountId, ports.directory)) {
      return { code: 250, enhanced: '2.1.0', text: `<${address}> is welcome` }
    }
  } catch {
    return { code: 451, enhanced: '4.3.0', text: 'The address book cannot be read now; please try again later' }
  }
  return { code: 553, enhanced: '5.7.1', text: `<${address}> does not belong to you: use an address of your own` }
}
