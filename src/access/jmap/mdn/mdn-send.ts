/**
 * MDN/send: tells a sender who asked what became of the message.
 *
 * Standards: RFC 9007 §2.1, RFC 8098 §2.1 (whom and when).
 */
import {
  ComposeError,
  composeMdn,
  dispositionActionModes,
  dispositionSendingModes,
  dispositionTypes,
  flattenAddresses,
  type Header,
  type MessageDisposition,
  parseAddressList,
  parseHeader,
} from '../../../format/index.ts'
import { formatEmailId, parseEmailId, type Email, type Identity } from '../../../mailbox/index.ts'
import {
  Arguments,
  checkAccount,
  invalidArguments,
  invalidProperties,
  isObject,
  mdnCapability,
  refuseTooMany,
  resolveId,
  SetError,
  setOwn,
  type CallContext,
  type Json,
  type JsonObject,
  type Method,
} from '../../../protocol/jmap/index.ts'
import type { OwnContext } from '../context.ts'
import { runEmailSet } from '../email/set.ts'
import { findIdentity } from '../identity.ts'
import { allows, isWildcard, maySendAs } from '../sender.ts'
import { checkRecord, isBoolean, isString, isStringOrNull } from '../standard/record.ts'
import { asSetError } from '../standard/change.ts'
import { impliedCall } from '../standard/implied.ts'
import { addressesIn, isAddress } from '../submission/outgoing.ts'

const checks = {
  forEmailId: isString,
  subject: isStringOrNull,
  textBody: isStringOrNull,
  includeOriginalMessage: isBoolean,
  reportingUA: isStringOrNull,
  disposition: isDisposition,
  finalRecipient: isStringOrNull,
  extensionFields: (value: Json) => value === null || (isObject(value) && Object.values(value).every(isString)),
}

const defaultText =
  'This receipt shows that the message has been displayed. There is no guarantee that it has been read or understood.'

export function mdnSend(context: OwnContext): Method {
  return {
    capability: mdnCapability,
    async run(values, call) {
      const args = new Arguments(values, ['accountId', 'identityId', 'send', 'onSuccessUpdateEmail'])
      checkAccount(args, context.account.id)
      const identityId = resolveId(args.expectString('identityId'), call.createdIds)
      const identity = identityId === undefined ? undefined : findIdentity(context, identityId)
      if (identity === undefined) throw invalidArguments('There is no such identity.')
      const send = Object.entries(args.creations('send') ?? {})
      refuseTooMany(send.length, context.limits.maxObjectsInSet)
      const followUp = args.objects('onSuccessUpdateEmail') ?? {}
      // RFC 9007 §2.1: a call that would not leave $mdnsent behind is rejected whole, before anything is sent.
      if (!send.every(([creationId]) => setsKeyword(followUp[`#${creationId}`]))) {
        throw invalidArguments('onSuccessUpdateEmail does not set $mdnsent for each MDN.')
      }
      const sent: JsonObject = {}
      const notSent: JsonObject = {}
      const update: JsonObject = {}
      for (const [creationId, value] of send) {
        try {
          const { emailId, shown } = await sendOne(context, call, identity, value, update)
          setOwn(sent, creationId, shown)
          setOwn(update, emailId, followUp[`#${creationId}`] as JsonObject)
        } catch (error) {
          setOwn(notSent, creationId, refusal(context, error).toJSON())
        }
      }
      const result = { accountId: context.account.id, sent: orNull(sent), notSent: orNull(notSent) }
      if (Object.keys(update).length === 0) return { arguments: result }
      const run = () => runEmailSet(context, { accountId: context.account.id, update }, call)
      return { arguments: result, implied: [impliedCall(context, 'Email/set', run)] }
    },
  }
}

async function sendOne(
  context: OwnContext,
  call: CallContext,
  identity: Identity,
  value: JsonObject,
  marked: JsonObject,
): Promise<{ emailId: string; shown: JsonObject }> {
  checkRecord(value, checks)
  const { store, submit, clock, ids } = context
  const email = expectEmail(context, call, value['forEmailId'])
  if (value['disposition'] === undefined) throw invalidProperties('disposition', 'A disposition is needed.')
  const isMarked = Object.hasOwn(marked, formatEmailId(email.id)) || store.keywordsOf(email).includes('$mdnsent')
  if (isMarked) throw new SetError('mdnAlreadySent')
  if (!(await maySendAs(context, identity.email))) throw new SetError('forbiddenFrom')
  const raw = await store.reading(() => store.raw(email.id))
  if (raw === undefined) throw new SetError('notFound')
  const { header } = parseHeader(raw)
  const to = flattenAddresses(parseAddressList(header.last('Disposition-Notification-To') ?? ''))
  if (to.length === 0 || !to.every(({ address }) => isAddress(address))) {
    throw new SetError('notFound', 'The message does not ask for a notification.')
  }
  const originalRecipient = header.last('Original-Recipient')
  const author = authorOf(context, identity, header)
  const finalRecipient = textOf(value['finalRecipient']) ?? `rfc822; ${author}`
  if (!(await isOwnRecipient(context, finalRecipient))) {
    throw new SetError('forbiddenFrom', 'The finalRecipient is not an address of this account.')
  }
  const originalMessageId = email.messageId === undefined ? undefined : `<${email.messageId}>`
  const id = ids()
  const mdn = composeMdn(
    {
      from: { address: author, ...(identity.name === '' ? {} : { name: identity.name }) },
      to,
      subject: textOf(value['subject']) ?? `Read receipt for: ${email.subject}`,
      text: textOf(value['textBody']) ?? defaultText,
      date: clock(),
      messageId: `${id}@${author.slice(author.lastIndexOf('@') + 1)}`,
      disposition: value['disposition'] as unknown as MessageDisposition,
      finalRecipient,
      ...(originalMessageId === undefined ? {} : { originalMessageId }),
      ...(originalRecipient === undefined ? {} : { originalRecipient }),
      ...(typeof value['reportingUA'] === 'string' ? { reportingUa: value['reportingUA'] } : {}),
      ...(isObject(value['extensionFields']) ? { extension: value['extensionFields'] as Record<string, string> } : {}),
      ...(value['includeOriginalMessage'] === true ? { original: raw } : {}),
    },
    id,
  )
  const eightBit = mdn.some((octet) => octet > 127)
  const { accepted, reply } = await submit.submit(
    {
      // RFC 8098 §2.1: nothing may come back to a notification.
      reversePath: '',
      recipients: to.map(({ address }) => ({ address, notify: ['NEVER'] })),
      smtputf8: eightBit,
      body: eightBit ? '8BITMIME' : '7BIT',
    },
    mdn,
  )
  if (!accepted) throw new SetError('forbidden', `The notification was refused with ${reply.code}.`)
  const shown: JsonObject = {
    ...(typeof value['finalRecipient'] === 'string' ? {} : { finalRecipient }),
    originalMessageId: originalMessageId ?? null,
    ...(originalRecipient === undefined ? {} : { originalRecipient }),
  }
  return { emailId: formatEmailId(email.id), shown }
}

function expectEmail(context: OwnContext, call: CallContext, id: Json | undefined): Email {
  const resolved = typeof id === 'string' ? resolveId(id, call.createdIds) : undefined
  const number = resolved === undefined ? undefined : parseEmailId(resolved)
  const email = number === undefined ? undefined : context.store.email(number)
  if (email === undefined) throw new SetError('notFound')
  return email
}

/** Whether a follow-up sets `$mdnsent`: by itself, or among all the keywords. */
function setsKeyword(patch: JsonObject | undefined): boolean {
  const keywords = patch?.['keywords'] ?? null
  return patch?.['keywords/$mdnsent'] === true || (isObject(keywords) && keywords['$mdnsent'] === true)
}

/** Who notifies. An identity for a whole domain has no address of its own: the one that the message was sent to. */
function authorOf(context: OwnContext, { email }: Identity, header: Header): string {
  if (!isWildcard(email)) return email
  const recipients = ['To', 'Cc'].flatMap((name) => addressesIn(header, name))
  return recipients.find((address) => allows(email, address)) ?? context.account.address
}

/** `rfc822; address` or `utf-8; address`, of this account (RFC 9007 §5). */
function isOwnRecipient(context: OwnContext, finalRecipient: string): Promise<boolean> {
  const address = /^\s*(?:rfc822|utf-8)\s*;\s*(\S.*?)\s*$/i.exec(finalRecipient)?.[1]
  return address === undefined ? Promise.resolve(false) : maySendAs(context, address)
}

/** A fault with one must not hide that others have been sent. */
function refusal(context: OwnContext, error: unknown): SetError {
  if (error instanceof ComposeError) return invalidProperties([], error.message)
  try {
    return asSetError(error)
  } catch (fault) {
    context.onFault('MDN/send', fault)
    return new SetError('serverFail', 'The notification could not be handed over; try again later.')
  }
}

function isDisposition(value: Json): boolean {
  if (!isObject(value) || Object.keys(value).length !== 3) return false
  const isOneOf = (list: readonly Json[], name: string) => list.includes(value[name] ?? null)
  return (
    isOneOf(dispositionActionModes, 'actionMode') &&
    isOneOf(dispositionSendingModes, 'sendingMode') &&
    isOneOf(dispositionTypes, 'type')
  )
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function orNull(map: JsonObject): JsonObject | null {
  return Object.keys(map).length === 0 ? null : map
}
