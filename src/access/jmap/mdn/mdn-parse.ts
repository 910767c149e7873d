/**
 * MDN/parse: notifications that came back, as objects.
 *
 * Standards: RFC 9007 §2.2.
 */
import { parseMdn, parseMessageIds, type ParsedMdn } from '../../../format/index.ts'
import { formatEmailId, type EmailId, type MailStore } from '../../../mailbox/index.ts'
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
import type { OwnContext } from '../context.ts'

export function mdnParse(context: OwnContext): Method {
  return {
    capability: mdnCapability,
    async run(values, call) {
      const args = new Arguments(values, ['accountId', 'blobIds'])
      checkAccount(args, context.account.id)
      const blobIds = args.expectIds('blobIds')
      refuseTooMany(blobIds.length, context.limits.maxObjectsInGet)
      const { store } = context
      const found = new Map<string, ParsedMdn>()
      const notParsable: string[] = []
      const notFound: string[] = []
      for (const given of new Set(blobIds)) {
        const id = resolveId(given, call.createdIds)
        const blob = id === undefined ? undefined : await store.reading(() => readBlob(store, id))
        const mdn = blob === undefined ? undefined : parseMdn(blob.bytes)
        if (blob === undefined) notFound.push(given)
        else if (mdn === undefined) notParsable.push(given)
        else found.set(given, mdn)
      }
      const about = emailsOf(store, [...found.values()])
      const parsed: JsonObject = {}
      for (const [given, mdn] of found) setOwn(parsed, given, shown(mdn, about.get(messageIdOf(mdn))))
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

function messageIdOf({ originalMessageId }: ParsedMdn): string {
  return parseMessageIds(originalMessageId ?? '')[0] ?? ''
}

/**
 * The emails that notifications are about, by Message-ID: what was sent through us where we know, else the newest email of
 * that name, however it came here.
 */
function emailsOf(store: MailStore, mdns: readonly ParsedMdn[]): ReadonlyMap<string, EmailId> {
  const names = [...new Set(mdns.map(messageIdOf))].filter((name) => name !== '')
  const about = new Map<string, EmailId>()
  for (const [name, ids] of store.emailsByMessageId(names)) {
    const seen = store.emails(ids).map(({ id }) => id)
    const sent = store.submissionByMessageId(name)?.emailId
    const email = seen.find((id) => id === sent) ?? seen.at(-1)
    if (email !== undefined) about.set(name, email)
  }
  return about
}

function shown(mdn: ParsedMdn, emailId: EmailId | undefined): JsonObject {
  return {
    forEmailId: emailId === undefined ? null : formatEmailId(emailId),
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
