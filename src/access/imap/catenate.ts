/**
 * A message put together from pieces that the client sends and pieces of messages that are here.
 *
 * Standards: RFC 4469 (CATENATE), RFC 5092.
 * Limits: the whole has the size that any message may have (APPENDLIMIT).
 * Security: URLs name messages of the account itself, and nothing else.
 */
import { concat } from '../../format/index.ts'
import { no, type CatenatePart, type ImapUrl } from '../../protocol/imap/index.ts'
import type { Context } from './context.ts'
import { locate, sectionColumns } from './fetch/locate.ts'
import { canonical, namedMailboxes } from './mailbox-names.ts'

/** Throws `NO [BADURL …]` for a URL that names nothing here, `NO [TOOBIG]`. */
export async function catenate(context: Context, parts: readonly CatenatePart[]): Promise<Uint8Array> {
  const { appendLimit } = context.limits
  const pieces: Uint8Array[] = []
  let total = 0
  for (const part of parts) {
    const piece = part instanceof Uint8Array ? part : await fetchUrl(context, part.url, part.of)
    total += piece.length
    if (total > appendLimit) throw no(`Messages may have ${appendLimit} octets`, 'TOOBIG')
    pieces.push(piece)
  }
  return concat(pieces)
}

async function fetchUrl(context: Context, url: string, of: ImapUrl | undefined): Promise<Uint8Array> {
  const found = of === undefined ? undefined : await octetsOf(context, of)
  if (found === undefined) throw no('The URL names nothing here', `BADURL "${inCode(url)}"`)
  return found
}

/** A URL as the response code can carry it: `]` would end it, and there are no literals in a text (RFC 4469 §5). */
function inCode(url: string): string {
  return url.replace(/[^\x21-\x7e]|["\\\]]/g, (octet) => `%${octet.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function octetsOf(context: Context, url: ImapUrl): Promise<Uint8Array | undefined> {
  const { store, selected } = context
  return store.reading(() => {
    const mailbox =
      url.mailbox === undefined ? selected?.mailbox : namedMailboxes(store).get(canonical(url.mailbox))?.mailbox.id
    if (mailbox === undefined) return undefined
    if (url.uidValidity !== undefined && store.counts(mailbox).uidValidity !== url.uidValidity) return undefined
    const [row] = store.envelopes(mailbox, [url.uid], ['size', ...sectionColumns(url.section)])
    if (row === undefined) return undefined
    const content = locate(store, row.emailId, row.size ?? 0, url.section, row)
    if (content === undefined) return undefined
    const { offset, length } = url.partial ?? { offset: 0, length: Infinity }
    if (content instanceof Uint8Array) return content.subarray(offset, Math.min(content.length, offset + length))
    const start = Math.min(content.end, content.start + offset)
    return store.slice(row.emailId, start, Math.min(content.end, start + length))
  })
}
