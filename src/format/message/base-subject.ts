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

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : -1
}

/** Of a decoded subject; '' when nothing is left. Case is kept: comparing without it is the comparer's business. */
export function baseSubject(subject: string): string {
  let text = subject.replace(/\s+/g, ' ')
  for (;;) {
    text = stripLeaders(stripTrailers(text))
    if (!/^\[fwd:/i.test(text) || !text.endsWith(']')) return text // step 6
    text = text.slice('[fwd:'.length, -1)
  }
}

/** Step 2. */
function stripTrailers(text: string): string {
  let end = text.length
  for (;;) {
    const tail = TRAILER.exec(text.slice(Math.max(0, end - 5), end))
    if (!tail) return text.slice(0, end)
    end -= tail[0].length
  }
}

/** Steps 3 to 5. Blobs are read once, however many there are. */
function stripLeaders(text: string): string {
  let start = 0
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
    if (behindMark < 0) return text.slice(blobs < text.length ? blobs : lastBlob)
    start = behindMark
  }
}
