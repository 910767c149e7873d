/**
 * What one FETCH needs for each message, decided once: stored columns, body octets, and a renderer per item.
 *
 * Standards: RFC 9051 §7.5.2, RFC 3501 §7.4.2, RFC 8970 (PREVIEW), RFC 8514 (SAVEDATE).
 */
import { withoutExtensionData } from '../../../format/index.ts'
import {
  formatEmailId,
  formatThreadId,
  type EmailId,
  type EnvelopeColumn,
  type ThreadId,
} from '../../../mailbox/index.ts'
import { formatInternalDate, type FetchItem, type ImapCommand } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'
import { bodyItem, type BodyItem } from './body-item.ts'
import type { FetchMessage } from './fetch-message.ts'

export interface FetchPlan {
  readonly columns: readonly EnvelopeColumn[]
  readonly readsBody: boolean
  /** Most of each message is going to be sent. */
  readonly readsWhole: boolean
  readonly marksSeen: boolean
  readonly usesModSeq: boolean
  /** The whole response as text. With `seenNow` it tells the flags even if nobody asked. */
  render(message: FetchMessage, seenNow: boolean): string
  /** Sends the response piece by piece; for a plan that `readsBody`. False: the message is gone, nothing was sent. */
  sendWithBody(message: FetchMessage, seenNow: boolean): Promise<boolean>
}

type TextItem = (message: FetchMessage) => string

export function planFetch(context: Context, command: Extract<ImapCommand, { name: 'FETCH' }>): FetchPlan {
  const names = new Set(command.items.map((item) => item.item))
  // What is asked for twice is told once; two parts of one section are not the same.
  const items = command.items.filter(
    (item, at, all) => 'label' in item || all.findIndex((other) => other.item === item.item) === at,
  )
  // RFC 9586 §3.3: UIDFETCH has the UID in front.
  if (command.uid && !context.uidOnly && !names.has('UID')) items.unshift({ item: 'UID' })
  // CHANGEDSINCE asks for MODSEQ too (RFC 7162 §3.1.4.1).
  if (command.changedSince !== undefined && !names.has('MODSEQ')) items.push({ item: 'MODSEQ' })
  const usesModSeq = names.has('MODSEQ') || command.changedSince !== undefined
  const text: TextItem[] = []
  const bodies: BodyItem[] = []
  const columns = new Set<EnvelopeColumn>()
  for (const item of items) {
    if (item.item === 'SECTION' || item.item === 'BINARY' || item.item === 'BINARY.SIZE') {
      const body = bodyItem(context, item)
      for (const column of body.columns) columns.add(column)
      bodies.push(body)
      continue
    }
    if (item.item === 'ENVELOPE') columns.add('envelope')
    if (item.item === 'PREVIEW') columns.add('preview')
    if (item.item === 'SAVEDATE') columns.add('savedAt')
    if (item.item === 'BODY' || item.item === 'BODYSTRUCTURE') columns.add('bodyStructure')
    text.push(textItem(context, item.item))
  }
  const unasked: TextItem[] = []
  // Flags that changed by it are news: with UID and MODSEQ once CONDSTORE is on (RFC 7162 §3.2.4).
  if (context.modSeq && !context.uidOnly && !items.some(({ item }) => item === 'UID')) {
    unasked.push(textItem(context, 'UID'))
  }
  if (!names.has('FLAGS')) unasked.push(textItem(context, 'FLAGS'))
  if (!usesModSeq && context.modSeq) unasked.push(textItem(context, 'MODSEQ'))

  const { uidOnly } = context
  const head = (message: FetchMessage, seenNow: boolean): string => {
    let line = uidOnly ? `* ${message.uid} UIDFETCH (` : `* ${message.sequence} FETCH (`
    for (let index = 0; index < text.length; index++) {
      if (index > 0) line += ' '
      line += (text[index] as TextItem)(message)
    }
    if (seenNow) for (const item of unasked) line += (line.endsWith('(') ? '' : ' ') + item(message)
    return line
  }
  const { output } = context
  return {
    columns: [...columns],
    readsBody: bodies.length > 0,
    readsWhole: command.items.some(isWhole),
    marksSeen: command.items.some((item) => (item.item === 'SECTION' || item.item === 'BINARY') && !item.peek),
    usesModSeq,
    render: (message, seenNow) => `${head(message, seenNow)})\r\n`,
    async sendWithBody(message, seenNow) {
      // Anything that may refuse the command (an unknown encoding, octets out of reach) does so before the response.
      const ready = await context.store.reading(() => {
        // The first run may have waited for octets, and the mailbox changed meanwhile.
        message.view = context.mailbox.view
        message.row = message.view.indexOf(message.uid)
        if (message.row < 0) return undefined
        const contents = bodies.map((body, index) => body.prepare(message, index === 0))
        // Here, not behind the wait: the row would be another message's by then.
        return { line: head(message, seenNow), contents }
      })
      if (ready === undefined) return false
      const { line, contents } = ready
      let separator = line.endsWith('(') ? '' : ' '
      output.text(line)
      for (const content of contents) {
        output.text(separator + content.text)
        separator = ' '
        if (content.send !== undefined && !(await content.send())) return true
      }
      output.text(')\r\n')
      return true
    },
  }
}

/** The message or its text, all of it. */
function isWhole(item: FetchItem): boolean {
  if (item.item !== 'SECTION' || item.partial !== undefined || item.section.part.length > 0) return false
  return item.section.specifier === undefined || item.section.specifier === 'TEXT'
}

function textItem(context: Context, item: FetchItem['item']): TextItem {
  const { flags } = context.mailbox
  switch (item) {
    case 'FLAGS':
      return ({ view, row }) => `FLAGS (${flags.at(view, row)})`
    case 'UID':
      return ({ uid }) => `UID ${uid}`
    case 'INTERNALDATE':
      return ({ view, row }) => `INTERNALDATE ${formatInternalDate(view.received[row] as number)}`
    case 'RFC822.SIZE':
      return ({ view, row }) => `RFC822.SIZE ${view.sizes[row]}`
    case 'MODSEQ':
      return ({ view, row }) => `MODSEQ (${view.modseqs[row]})`
    case 'EMAILID':
      return ({ view, row }) => `EMAILID (${formatEmailId(view.emails[row] as EmailId)})`
    case 'THREADID':
      return ({ view, row }) => `THREADID (${formatThreadId(view.threads[row] as ThreadId)})`
    case 'PREVIEW':
      return ({ columns }) => `PREVIEW ${context.text(previewOf(columns?.preview ?? ''))}`
    case 'SAVEDATE':
      return ({ columns }) => `SAVEDATE ${formatInternalDate(columns?.savedAt ?? 0)}`
    case 'ENVELOPE':
      return ({ columns }) => `ENVELOPE ${columns?.envelope}`
    case 'BODYSTRUCTURE':
      return ({ columns }) => `BODYSTRUCTURE ${columns?.bodyStructure}`
    case 'BODY':
      return ({ columns }) => `BODY ${withoutExtensionData(columns?.bodyStructure ?? '')}`
    default:
      throw new Error(`not a text item: ${item}`)
  }
}

/** Characters of a preview (RFC 8970 §3.1). */
const previewLength = 200

function previewOf(preview: string): string {
  return preview.length <= previewLength ? preview : Array.from(preview).slice(0, previewLength).join('')
}
