/**
 * The subject by which a thread knows its emails: the base subject without the marks that mail apps write in other languages.
 *
 * IMAP's base subject knows `Re:` and `Fwd:` only (RFC 5256 §2.1), so that an answer out of a German Outlook (`AW: …`) would
 * leave its thread. RFC 8621 §3 says prefixes "such as"; a Message-ID in common is asked for beside.
 *
 * Standards: RFC 8621 §3.
 * Security: subjects come from anyone; linear, since marks are taken off a bounded number of times.
 */
import { baseSubject } from '../format/index.ts'

/** Marks of answers and forwards in European languages, Turkish and Indonesian, and in East Asian ones. */
const european =
  're|fwd?|aw|wg|antw|doorst|sv|vs|vb|vl|ref|réf|tr|rif|r|i|res|enc|rv|odp|pd|vá|ynt|ilt|atb|bls|trs|отв|пер|απ|σχετ|πρθ'
const asian = '回复|回覆|答复|答覆|转发|轉寄|轉發|返信|転送|회신|전달'
const mark = new RegExp(`^(?:${european}|${asian})\\s{0,3}(?:[[(]\\d{1,3}[\\])]\\s{0,3})?[:：]\\s{0,3}`, 'iu')

const maxMarks = 20

/** Of a base subject; in lower case. */
export function threadSubject(base: string): string {
  let text = base
  for (let taken = 0; taken < maxMarks; taken++) {
    const found = mark.exec(text)
    if (found === null || found[0].length === text.length) break
    text = baseSubject(text.slice(found[0].length))
  }
  return text.toLowerCase()
}
