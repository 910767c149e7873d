/**
 * Charsets that switch by escapes and shifts: the Korean and Chinese ones, which TextDecoder does not have, and the
 * Japanese one.
 *
 * Standards: RFC 1468 (ISO-2022-JP), RFC 1557 (ISO-2022-KR), RFC 1922 (ISO-2022-CN; of its sets GB 2312, not CNS 11643).
 */
import { fromLatin1, latin1 } from '../bytes/bytes.ts'
import type { CharsetText } from './charset-text.ts'

const ESC = 0x1b
const SHIFT_OUT = 0x0e
const SHIFT_IN = 0x0f
const LF = 0x0a
const DOLLAR = 0x24
/** No character in any of the charsets used here. */
const INVALID = 0xff

/** Escapes of RFC 1468 (and JIS X 0201's letters and kana) before another one: nothing is between them. */
// oxlint-disable-next-line no-control-regex -- the escape character is what they begin with
const IDLE_ESCAPES = /(?:\x1b(?:\([BIJ]|\$[@B]))+(?=\x1b(?:\([BIJ]|\$[@B]))/g

/**
 * RFC 1468. Encoded words each begin and end in ASCII, so that one behind another makes two escapes meet, which
 * TextDecoder takes for an error.
 */
export function decodeIso2022Jp(bytes: Uint8Array): CharsetText {
  const octets = fromLatin1(latin1(bytes).replace(IDLE_ESCAPES, ''))
  const text = new TextDecoder('iso-2022-jp').decode(octets)
  return { text, problem: text.includes('\ufffd') }
}

/** RFC 1557: SO and SI bracket KS C 5601 with the high bits off; `ESC $ ) C` only announces it. */
export function decodeIso2022Kr(bytes: Uint8Array): CharsetText {
  return decodeShifted(bytes, 'euc-kr', 'C')
}

/** RFC 1922: SO and SI bracket what `ESC $ ) x` announces, `ESC N` one character of what `ESC $ * x` does. */
export function decodeIso2022Cn(bytes: Uint8Array): CharsetText {
  return decodeShifted(bytes, 'gb18030', 'A')
}

/** `final`: the last octet of the escape sequence for the set that is known; characters of others become U+FFFD. */
function decodeShifted(bytes: Uint8Array, label: string, final: string): CharsetText {
  const out = new Uint8Array(bytes.length)
  let length = 0
  let shifted = false
  let known = true
  for (let i = 0; i < bytes.length; i++) {
    const octet = bytes[i]!
    if (octet === SHIFT_OUT) shifted = true
    else if (octet === SHIFT_IN) shifted = false
    else if (octet === ESC && bytes[i + 1] === DOLLAR && i + 3 < bytes.length) {
      if (bytes[i + 2] === 0x29) known = bytes[i + 3] === final.charCodeAt(0)
      i += 3
    } else if (octet === ESC && bytes[i + 1] === 0x4e) {
      out[length++] = INVALID
      i += 3
    } else if (!shifted || octet <= 0x20) {
      if (octet === LF) shifted = false // a line always ends the shift
      out[length++] = octet
    } else if (known) out[length++] = octet | 0x80
    else {
      out[length++] = INVALID
      i++
    }
  }
  const text = new TextDecoder(label).decode(out.subarray(0, length))
  return { text, problem: text.includes('\ufffd') }
}
