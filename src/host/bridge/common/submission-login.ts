/**
 * A login for submission: what the Worker is asked, what the log is told, and the reply.
 *
 * Standards: RFC 4954 §4, §6 (replies).
 * Security: a refusal is late, by the penalty of the client's network, and says nothing of its reason.
 */
import { proofOf, type SaslCredentials } from '../../../protocol/sasl/index.ts'
import type { Reply } from '../../../protocol/smtp/index.ts'
import type { SmtpContext } from './smtp-context.ts'

type Asked = Pick<SmtpContext, 'authenticate' | 'failedLogin' | 'log'>

const accepted: Reply = { code: 235, enhanced: '2.7.0', text: 'Authentication successful' }
const refused: Reply = { code: 535, enhanced: '5.7.8', text: 'Authentication credentials invalid' }
const unavailable: Reply = { code: 454, enhanced: '4.7.0', text: 'Temporary authentication failure' }

/** The account that has logged in, or none; and what the client is told. */
export async function checkSubmissionLogin(
  service: Asked,
  clientAddress: string,
  credentials: SaslCredentials,
): Promise<{ readonly accountId?: string; readonly reply: Reply }> {
  const { authorizationId, authenticationId: login } = credentials
  const actsForItself = authorizationId === '' || authorizationId === login
  if (!actsForItself) return { reply: await refuseLogin(service, clientAddress, login, false) }
  const answer = await service.authenticate({ ...proofOf(credentials), login, clientAddress })
  if (!answer.ok) return { reply: await refuseLogin(service, clientAddress, login, answer.temporary) }
  const { accountId } = answer
  service.log('info', 'login', { service: 'submission', client: clientAddress, login, ok: true, account: accountId })
  return { accountId, reply: accepted }
}

/** To be awaited before the client is told: a refusal takes its time. */
export async function refuseLogin(service: Asked, client: string, login: string, temporary: boolean): Promise<Reply> {
  service.log('info', 'login', { service: 'submission', client, login, ok: false, temporary })
  if (!temporary) await service.failedLogin(client)
  return temporary ? unavailable : refused
}
