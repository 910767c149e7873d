/**
 * Paragraphs out of `format=flowed` text.
 *
 * Standards: RFC 3676 §4 (flowed lines, space stuffing, quoting, `delsp`, signature separator).
 */
import type { StoredPart } from '../message/part.ts'

/**
 * Joins flowed lines into paragraphs, one per line, quote marks kept (`> ` before each quoted paragraph).
 * `text` has LF or CRLF line ends; the result has LF.
 */
export function decodeFlowed(text: string, delSp = false): string {
  const paragraphs: string[] = []
  let paragraph = ''
  let depth = 0
  let open = false
  const close = (): void => {
    if (open) paragraphs.push(quote(paragraph, depth))
    paragraph = ''
    open = false
  }
  for (const line of text.split(/\r?\n/)) {
    const lineDepth = /^>*/.exec(line)![0].length
    const stuffed = line[lineDepth] === ' ' ? lineDepth + 1 : lineDepth
    const content = line.slice(stuffed)
    const isSignature = content === '-- '
    // A change of depth ends the paragraph even if it was to flow on (§4.5), and so does a signature (§4.3).
    if (open && (lineDepth !== depth || isSignature)) close()
    depth = lineDepth
    const flows = content.endsWith(' ') && !isSignature
    paragraph += flows && delSp ? content.slice(0, -1) : content
    open = true
    if (!flows) close()
  }
  close()
  return paragraphs.join('\n')
}

function quote(paragraph: string, depth: number): string {
  return depth === 0 ? paragraph : `${'>'.repeat(depth)} ${paragraph}`
}

/** The paragraphs of a text part that says it is `format=flowed`; any other text as it is. */
export function unflowed(text: string, { type, subtype, parameters }: StoredPart): string {
  if (type !== 'text' || subtype !== 'plain' || parameters['format']?.toLowerCase() !== 'flowed') return text
  return decodeFlowed(text, parameters['delsp']?.toLowerCase() === 'yes')
}
