/**
 * SearchSnippet/get: where a search matched, marked up for display.
 *
 * Standards: RFC 8621 §5.
 * Limits: `previewLimits`, what is looked at per email, and `lookedAtInFull` per call.
 * Security: the text is escaped before `<mark>` goes in, so a message cannot bring markup of its own.
 */
import { encodeUtf8 } from '../../format/index.ts'
import {
  formatEmailId,
  Highlighter,
  onOneLine,
  readMessageText,
  StoreError,
  type Email,
  type FilterCondition,
  type Match,
} from '../../mailbox/index.ts'
import {
  Arguments,
  checkAccount,
  invalidArguments,
  mailCapability,
  MethodError,
  parseFilter,
  refuseTooMany,
  type Filter,
  type JsonObject,
  type Method,
} from '../../protocol/jmap/index.ts'
import type { JmapContext } from './context.ts'
import { emailCondition } from './email/filter.ts'
import { findEmails } from './email/get.ts'
import { readStored, StoredMessage } from './email/stored-message.ts'

/** As much as the index takes of a message. */
const previewLimits = { octets: 4 * 1024 * 1024, characters: 4 * 1024 * 1024 }
/** Octets of messages that one call looks at in full, and how much of each of those behind them. */
const lookedAtInFull = 32 * 1024 * 1024
const firstLook = { octets: 1024 * 1024, characters: 256 * 1024 }
/** Characters that are looked at together, and how far two such windows overlap: a search text is no longer. */
const window = 256 * 1024
const overlap = 4 * 1024
/** RFC 8621 §5: a preview is at most 255 octets. */
const maxPreviewOctets = 255
const maxWordLength = 25

export function searchSnippetGet(context: JmapContext): Method {
  return {
    capability: mailCapability,
    async run(values) {
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
      const list: JsonObject[] = []
      let left = lookedAtInFull
      for (const email of emails) {
        left -= Math.min(email.size, previewLimits.octets)
        const limits = left >= 0 ? previewLimits : firstLook
        const preview = body && (await readStored(context.store, email, () => previewOf(context, email, body, limits)))
        list.push({
          emailId: formatEmailId(email.id),
          subject: subject === undefined ? null : markedSubject(email, subject),
          preview: preview ?? null,
        })
      }
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

/** Finds the words and phrases that conditions outside NOT look for; undefined when there are none. */
function matcher(
  filter: Filter<FilterCondition>,
  fields: readonly ('text' | 'subject' | 'body')[],
): Highlighter | undefined {
  const searches = new Set<string>()
  const visit = (node: Filter<FilterCondition>): void => {
    if (!('condition' in node)) {
      if (node.operator !== 'NOT') node.conditions.forEach(visit)
      return
    }
    for (const field of fields) searches.add(node.condition[field] ?? '')
  }
  visit(filter)
  try {
    const highlighter = new Highlighter([...searches])
    return highlighter.isEmpty ? undefined : highlighter
  } catch (error) {
    if (error instanceof StoreError && error.type === 'unsupportedFilter') {
      throw new MethodError('unsupportedFilter', error.message)
    }
    throw error
  }
}

function markedSubject(email: Email, highlighter: Highlighter): string | null {
  const text = onOneLine(email.subject)
  const matches = highlighter.find(text)
  return matches.length === 0 ? null : marked(text, matches, 0, text.length)
}

/** The escaped text from `start` to `end`, with matches in `<mark>`. */
function marked(text: string, matches: readonly Match[], start: number, end: number): string {
  let output = ''
  let from = start
  for (const match of matches) {
    if (match.start < start || match.end > end) continue
    output += `${escaped(text.slice(from, match.start))}<mark>${escaped(text.slice(match.start, match.end))}</mark>`
    from = match.end
  }
  return output + escaped(text.slice(from, end))
}

function escaped(text: string): string {
  return text.toWellFormed().replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** The surroundings of the first match in the text of the message. */
function previewOf(
  context: JmapContext,
  email: Email,
  highlighter: Highlighter,
  limits: typeof previewLimits,
): string | null {
  const source = new StoredMessage(context.store, email)
  const octets = (start: number, end: number): Uint8Array => source.octets(start, end)
  for (const part of readMessageText(octets, source.root, limits).texts) {
    const whole = onOneLine(part)
    for (let from = 0; from < whole.length;) {
      const isLast = from + window >= whole.length
      const next = isLast ? whole.length : wordStart(whole, from + window - overlap)
      const preview = previewIn(whole.slice(from, from + window), next - from, highlighter)
      if (preview !== undefined) return preview
      from = next
    }
  }
  return null
}

/** Of the first match that begins before `end`; undefined when there is none, or none short enough to be shown. */
function previewIn(text: string, end: number, highlighter: Highlighter): string | undefined {
  const matches = highlighter.find(text)
  const first = matches.find(({ start }) => start < end)
  if (first === undefined) return undefined
  for (let reach = 100; reach >= 0; reach -= 10) {
    const start = wordStart(text, first.start - reach / 2)
    const preview = marked(text, matches, start, first.end + reach).trim()
    if (encodeUtf8(preview).length <= maxPreviewOctets) return preview
  }
  return undefined
}

/** The start of the word at `near`; scripts without spaces may be cut anywhere. */
function wordStart(text: string, near: number): number {
  if (near <= 0) return 0
  const start = text.lastIndexOf(' ', near) + 1
  return near - start > maxWordLength ? Math.floor(near) : start
}
