/**
 * RCPT: one more recipient of the transaction.
 *
 * Standards: RFC 5321 §4.1.1.3, §4.5.3.1.8 and .10 (how many), RFC 3461 §4.1–4.2 (NOTIFY, ORCPT), RFC 6531 §3.4.
 */
import type { NotifyCondition, Recipient } from '../../envelope.ts'
import { type Parameters, parseParameters } from '../../parameter.ts'
import { parsePath } from '../../path.ts'
import { decodeOriginalRecipient } from '../../xtext.ts'
import { isAccepted, outOfSequence, refuse, type Session, type Step } from '../session.ts'

export function recipient(session: Session, argument: string): Step {
  const { transaction, settings } = session
  if (transaction === undefined) return outOfSequence('Send MAIL first')
  if (transaction.chunking !== 'none') return outOfSequence('Not after BDAT')
  // QUIRK: as in MAIL, a space after the colon.
  const to = /^TO: ?(?=<)/i.exec(argument)
  if (to === null) return refuse(501, '5.5.4', 'Syntax: RCPT TO:<address>')
  const path = parsePath(argument.slice(to[0].length), 'forward')
  if (path === undefined) return refuse(501, '5.1.3', 'Bad recipient address syntax')
  const parameters = parseParameters(path.rest)
  if (parameters === undefined) return refuse(501, '5.5.4', 'Bad parameter syntax')
  if (path.international && !transaction.envelope.smtputf8)
    return refuse(553, '5.6.7', 'Non-ASCII address without the SMTPUTF8 parameter')
  const added: Recipient = { address: path.address }
  const refusal = apply(session, parameters, added)
  if (refusal !== undefined) return refusal
  transaction.triedRecipients = true
  const { recipients } = transaction.envelope
  if (recipients.length >= settings.limits.recipients) return refuse(452, '4.5.3', 'Too many recipients')
  return {
    kind: 'ask',
    event: { type: 'recipient', recipient: added, envelope: transaction.envelope },
    answered: (reply) => {
      if (isAccepted(reply)) recipients.push(added)
      else if (reply.code >= 500) session.refusedRecipients++
      return undefined
    },
  }
}

function apply(session: Session, parameters: Parameters, target: Recipient): Step | undefined {
  const offered = session.hello?.verb === 'EHLO' && session.settings.extensions.has('DSN')
  for (const [keyword, value] of parameters) {
    if (!offered || (keyword !== 'NOTIFY' && keyword !== 'ORCPT'))
      return refuse(555, '5.5.4', `Unsupported parameter ${keyword.slice(0, 40)}`)
    if (keyword === 'NOTIFY') {
      const notify = parseNotify(value)
      if (notify === undefined) return refuse(501, '5.5.4', 'Invalid NOTIFY value')
      target.notify = notify
    } else {
      const orcpt = value.length <= 500 ? decodeOriginalRecipient(value) : undefined
      if (orcpt === undefined) return refuse(501, '5.5.4', 'Invalid ORCPT value')
      target.orcpt = orcpt
    }
  }
  return undefined
}

const conditions: ReadonlySet<string> = new Set(['SUCCESS', 'FAILURE', 'DELAY'])

/** `NEVER` alone, or a list of the others (RFC 3461 §4.1). */
function parseNotify(value: string): NotifyCondition[] | undefined {
  const words = value.toUpperCase().split(',')
  if (words.length === 1 && words[0] === 'NEVER') return ['NEVER']
  if (!words.every((word) => conditions.has(word))) return undefined
  return [...new Set(words as NotifyCondition[])]
}
