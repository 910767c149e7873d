/**
 * SearchSnippet/get: where a search matched, marked up for display.
 *
 * Standards: RFC 8621 §5.
 * Limits: terms, and the octets of text that are looked at per email.
 * Security: the text is escaped before `<mark>` goes in, so a message cannot bring markup of its own.
 */
import { bodyParts, decodeText, encodeUtf8, htmlToText } from '../../format/index.ts'
import { formatEmailId, type Email, type FilterCondition } from '../../mailbox/index.ts'
import {
  Arguments,
  checkAccount,
  invalidArguments,
  mailCapability,
  parseFilter,
  refuseTooMany,
  type Filter,
  type Method,
} from '../../protocol/jmap/index.ts'
import type { JmapContext } from './context.ts'
import { emailCondition } from './email/filter.ts'
import { findEmails } from './email/get.ts'
import { partBody } from './email/message-source.ts'
import { StoredMessage } from './email/stored-message.ts'

const maxTerms = 20
const maxSearchLength = 1000
const maxTextLength = 256 * 1024
/** RFC 8621 §5: a preview is at most 255 octets. */
const maxPreviewOctets = 255

export function searchSnippetGet(context: JmapContext): Method {
  return {
    capability: mailCapability,
    run(values) {
      const args = new Arguments(values, ['accountId', 'filter', 'emailIds'])
      checkAccount(args, context.account.id)
      const emailIds = [...new Set(args.expectIds('emailIds'))]
      refuseTooMany(emailIds.length, context.limits.maxObjectsInGet)
      if (!args.has('filter')) throw invalidArguments('filter is missing.')
      const filter = args.object('filter')
      const parsed = filter === undefined ? undefined : parseFilter(filter, emailCondition, context.limits)
      const subject = parsed && matcher(parsed, ['text', 'subject'])
      const body = parsed && matcher(parsed, ['text', 'body'])
      const { emails, notFound } = findEmails(context.store, emailIds)
      const list = emails.map((email) => ({
        emailId: formatEmailId(email.id),
        subject: subject === undefined ? null : marked(email.subject, subject),
        preview: body === undefined ? null : previewOf(context, email, body),
      }))
      return {
        arguments: {
          accountId: context.account.id,
          list,
          notFound: notFound.length === 0 ? null : notFound,
        },
      }
    },
  }
}

/** Matches any of the words and quoted phrases that conditions outside NOT look for. */
function matcher(
  filter: Filter<FilterCondition>,
  fields: readonly ('text' | 'subject' | 'body')[],
): RegExp | undefined {
  const terms = new Set<string>()
  const visit = (node: Filter<FilterCondition>): void => {
    if (!('condition' in node)) {
      if (node.operator !== 'NOT') node.conditions.forEach(visit)
      return
    }
    for (const field of fields) for (const term of termsOf(node.condition[field] ?? '')) terms.add(term)
  }
  visit(filter)
  const patterns = [...terms].slice(0, maxTerms).map((term) => pattern(term))
  return patterns.length === 0 ? undefined : new RegExp(patterns.join('|'), 'giu')
}

function pattern(term: string): string {
  return term.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replaceAll(/\s+/g, '\\s+')
}

/** RFC 8621 §4.4.1: words, and phrases in single or double quotes with `\` before `'`, `"` and `\`. */
function termsOf(text: string): string[] {
  const found = text.slice(0, maxSearchLength).matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s"']+)/g)
  return Array.from(found, ([, double, single, word]) => word ?? (double ?? single ?? '').replaceAll(/\\(.)/g, '$1'))
    .map((term) => term.trim())
    .filter((term) => term !== '')
}

/** The escaped text with matches in `<mark>`; null when nothing matches. */
function marked(text: string, pattern: RegExp): string | null {
  let output = ''
  let from = 0
  for (const match of text.matchAll(pattern)) {
    output += `${escaped(text.slice(from, match.index))}<mark>${escaped(match[0])}</mark>`
    from = match.index + match[0].length
  }
  return from === 0 ? null : output + escaped(text.slice(from))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** The surroundings of the first match in the text of the message. */
function previewOf(context: JmapContext, email: Email, pattern: RegExp): string | null {
  const text = textOf(context, email)
  const first = text.matchAll(pattern).next().value
  if (first === undefined) return null
  for (let reach = 100; reach >= 0; reach -= 10) {
    const start = wordStart(text, first.index - reach / 2)
    const end = first.index + first[0].length + reach
    const preview = marked(text.slice(start, end).toWellFormed(), pattern)
    if (preview !== null && encodeUtf8(preview).length <= maxPreviewOctets) return preview
  }
  return null
}

function wordStart(text: string, near: number): number {
  return near <= 0 ? 0 : text.lastIndexOf(' ', near) + 1
}

function textOf(context: JmapContext, email: Email): string {
  const source = new StoredMessage(context.store, email)
  const texts = bodyParts(source.root)
    .textBody.filter((part) => part.type === 'text')
    .map((part) => {
      const body = partBody(source, part)
      const { text } = decodeText(body.raw, body.part)
      return part.subtype === 'html' ? htmlToText(text.slice(0, maxTextLength)) : text.slice(0, maxTextLength)
    })
  return texts.join(' ').replaceAll(/\s+/g, ' ')
}
