/**
 * MDN/parse: notifications that came back, as objects.
 *
 * Standards: RFC 9007 §2.2.
 */
import { parseMdn, parseMessageIds, type ParsedMdn } from '../../../format/index.ts'
import { formatEmailId, type MailStore } from '../../../mailbox/index.ts'
import {
  Arguments,
  checkAccount,
  mdnCapability,
  refuseTooMany,
  resolveId,
  setOwn,
  type JsonObject,
  type Method,
} from '../../../protocol/jmap/index.ts'
import { readBlob } from '../blob.ts'
import type { JmapContext } from '../context.ts'

export function mdnParse(context: JmapContext): Method {
  return {
    capability: mdnCapability,
    async run(values, call) {
      const args = new Arguments(values, ['accountId', 'blobIds'])
      checkAccount(args, context.account.id)
      const blobIds = args.expectIds('blobIds')
      refuseTooMany(blobIds.length, context.limits.maxObjectsInGet)
      const { store } = context
      const parsed: JsonObject = {}
      const notParsable: string[] = []
      const notFound: string[] = []
      for (const given of new Set(blobIds)) {
        const id = resolveId(given, call.createdIds)
        const blob = id === undefined ? undefined : await store.reading(() => readBlob(store, id))
        const mdn = blob === undefined ? undefined : parseMdn(blob.bytes)
        if (blob === undefined) notFound.push(given)
        else if (mdn === undefined) notParsable.push(given)
        else setOwn(parsed, given, shown(store, mdn))
      }
      return {
        arguments: {
          accountId: context.account.id,
          parsed: Object.keys(parsed).length === 0 ? null : parsed,
          notParsable: notParsable.length === 0 ? null : notParsable,
          notFound: notFound.length === 0 ? null : notFound,
        },
      }
    },
  }
}

function shown(store: MailStore, mdn: ParsedMdn): JsonObject {
  const messageId = parseMessageIds(mdn.originalMessageId ?? '')[0]
  const submission = messageId === undefined ? undefined : store.submissionByMessageId(messageId)
  return {
    forEmailId: submission === undefined ? null : formatEmailId(submission.emailId),
    subject: mdn.subject,
    textBody: mdn.text,
    includeOriginalMessage: mdn.hasOriginal,
    reportingUA: mdn.reportingUa ?? null,
    disposition: { ...mdn.disposition },
    mdnGateway: mdn.gateway ?? null,
    originalRecipient: mdn.originalRecipient ?? null,
    finalRecipient: mdn.finalRecipient ?? null,
    originalMessageId: mdn.originalMessageId ?? null,
    error: mdn.error ?? null,
    extensionFields: mdn.extension === undefined ? null : { ...mdn.extension },
  }
}
