/**
 * The base subject: what is left of a subject without the marks of replying, forwarding and lists.
 *
 * Standards: RFC 5256 §2.1, exactly: servers and disconnected clients must agree on it.
 */

/** `subj-trailer`: "(fwd)" or white space. */
const TRAILER = /(?:\(fwd\)|\s)$/i
/** `subj-refwd`, at a given place. */
const REPLY_OR_FORWARD = /(?:re|fwd?)\s*(?:\[[^[\]]*\]\s*)?:/iy
/** `subj-blob`, at a given place. */
const BLOB = /\[[^[\]]*\]\s*/y

export interface SubjectParts {
  /** '' when nothing is left. Case is kept: comparing without it is the comparer's business. */
  readonly base: string
  /** A mark of replying or forwarding was taken away (RFC 5256 §2.1, last paragraph). */
  readonly isReply: boolean
}

/** Of a decoded subject; see `SubjectParts.base`. */
export function baseSubject(subject: string): string {
  return readSubject(subject).base
}

/** A decoded subject taken apart. */
export function readSubject(subject: string): SubjectParts {
  let text = subject.replace(/\s+/g, ' ')
  let isReply = false
  for (;;) {
    const trimmed = stripTrailers(text)
    const left = stripLeaders(trimmed.text)
    isReply ||= trimmed.isReply || left.isReply
    text = left.text
    if (!/^\[fwd:/i.test(text) || !text.endsWith(']')) return { base: text, isReply } // step 6
    text = text.slice('[fwd:'.length, -1)
    isReply = true
  }
}

interface Stripped {
  readonly text: string
  readonly isReply: boolean
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : -1
}

/** Step 2. */
function stripTrailers(text: string): Stripped {
  let end = text.length
  let isReply = false
  for (;;) {
    const tail = TRAILER.exec(text.slice(Math.max(0, end - 5), end))
    if (!tail) return { text: text.slice(0, end), isReply }
    if (tail[0].length > 1) isReply = true
    end -= tail[0].length
  }
}

/** Steps 3 to 5. Blobs are read once, however many there are. */
function stripLeaders(text: string): Stripped {
  let start = 0
  let isReply = false
  for (;;) {
    while (text[start] === ' ') start++
    let blobs = start
    let lastBlob = start
    for (let next = matchEnd(BLOB, text, blobs); next >= 0; next = matchEnd(BLOB, text, blobs)) {
      lastBlob = blobs
      blobs = next
    }
    const behindMark = matchEnd(REPLY_OR_FORWARD, text, blobs)
    // Step 4: without a mark behind them blobs go too, but never the last thing that is left.
    if (behindMark < 0) return { text: text.slice(blobs < text.length ? blobs : lastBlob), isReply }
    start = behindMark
    isReply = true
  }
}
