/**
 * What a message's octets demand of the transport.
 *
 * Standards: RFC 6152 (8-bit), RFC 3030 §3 (binary), RFC 6532 (UTF-8 header), RFC 5322 §2.1.1 (998 octets).
 */
import { isAscii } from '../../../format/index.ts'
import { LineScan } from '../line-scan.ts'

export interface ContentNeeds {
  /** Octets above 127 somewhere. */
  eightBit: boolean
  /** … in the header. */
  eightBitHeader: boolean
  /** NUL, bare CR or LF, or a line over 998 octets: not text, so only BDAT carries it unchanged. */
  binary: boolean
}

export function contentNeeds(content: Uint8Array): ContentNeeds {
  const eightBit = !isAscii(content)
  return {
    eightBit,
    eightBitHeader: eightBit && !isAscii(content, 0, headerEnd(content)),
    binary: content.includes(0) || !isLines(content),
  }
}

/** Where the first empty line begins. */
function headerEnd(content: Uint8Array): number {
  for (let end = content.indexOf(10); end >= 0; end = content.indexOf(10, end + 1)) {
    const next = content[end + 1]
    if (next === 10 || (next === 13 && content[end + 2] === 10)) return end + 1
  }
  return content.length
}

const longestLine = 998

function isLines(content: Uint8Array): boolean {
  const scan = new LineScan(content)
  let start = 0
  while (start < content.length) {
    const end = scan.next(start)
    if (end - start > longestLine) return false
    if (end === content.length) return true
    if (content[end] !== 13 || content[end + 1] !== 10) return false
    start = end + 2
  }
  return true
}
