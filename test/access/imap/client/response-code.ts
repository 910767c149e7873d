/**
 * The text of status responses and the codes in it: a code that is not known here is not sent.
 *
 * Standards: RFC 9051 §7.1, §9 (resp-text), RFC 5530, RFC 7162 §7, RFC 4315, RFC 8474, RFC 5464, RFC 9586, RFC 5182.
 */
import type { Cursor, Ranges } from './cursor.ts'

/** A response code: its name, and what it names where tests look at it. */
export interface Code {
  readonly name: string
  readonly number?: number
  readonly tag?: string
  readonly sets?: readonly Ranges[]
}

/** `resp-text`: an optional code, then a text that is not empty. */
export function code(cursor: Cursor): { code?: Code } {
  cursor.sp()
  if (!cursor.take('[')) {
    text(cursor)
    return {}
  }
  const parsed = respTextCode(cursor)
  cursor.expect('] ')
  text(cursor)
  return { code: parsed }
}

function text(cursor: Cursor): void {
  const rest = cursor.rest()
  if (/[^\x01-\x7f]/.test(rest)) cursor.fail('text that is not ASCII')
}

const bare = new Set(
  [
    'ALERT ALREADYEXISTS AUTHENTICATIONFAILED AUTHORIZATIONFAILED CANNOT CLIENTBUG CLOSED CONTACTADMIN CORRUPTION EXPIRED',
    'EXPUNGEISSUED HASCHILDREN INUSE LIMIT NOMODSEQ NONEXISTENT NOPERM NOTSAVED OVERQUOTA PARSE PRIVACYREQUIRED',
    'READ-ONLY READ-WRITE SERVERBUG TOOBIG TRYCREATE UIDNOTSTICKY UIDREQUIRED UNAVAILABLE UNKNOWN-CTE USEATTR',
    'NOTIFICATIONOVERFLOW COMPRESSIONACTIVE TOOFEW TOOMANY',
  ]
    .join(' ')
    .split(' '),
)

function respTextCode(cursor: Cursor): Code {
  const name = cursor.word()
  if (bare.has(name)) return { name }
  switch (name) {
    case 'CAPABILITY':
      while (cursor.take(' ')) cursor.atom()
      return { name }
    case 'PERMANENTFLAGS':
      cursor.sp()
      cursor.list(() => {
        if (!cursor.take('\\*')) cursor.flag()
      })
      return { name }
    case 'BADCHARSET':
      if (cursor.take(' ')) cursor.list(() => cursor.astring(), false)
      return { name }
    case 'BADURL':
      // `url-resp-text`: no literal, no bracket.
      if (!/^ "[^"\r\n{}\]]+"\]/.test(cursor.text.slice(cursor.at))) cursor.fail('expected a URL')
      cursor.sp()
      cursor.string()
      return { name }
    case 'BADEVENT':
      cursor.sp()
      cursor.list(() => cursor.atom(), false)
      return { name }
    case 'NOUPDATE':
      cursor.sp()
      return { name, tag: cursor.string() }
    case 'INPROGRESS': {
      // RFC 9585 §5: a tag, what is done, the goal.
      if (!/^ \((?:NIL|"[^"\]]+") (?:NIL NIL|\d+ NIL|\d+ [1-9]\d*)\)\]/.test(cursor.text.slice(cursor.at))) {
        cursor.fail('not the state of a command')
      }
      cursor.at = cursor.text.indexOf(')]', cursor.at) + 1
      return { name }
    }
    case 'UIDNEXT':
    case 'UIDVALIDITY':
    case 'UNSEEN':
      cursor.sp()
      return { name, number: cursor.nzNumber() }
    case 'HIGHESTMODSEQ': {
      cursor.sp()
      const number = cursor.number64()
      return number > 0 ? { name, number } : cursor.fail('a mod-sequence of zero')
    }
    case 'MODIFIED':
      cursor.sp()
      return { name, sets: [cursor.set()] }
    case 'APPENDUID':
      cursor.sp()
      cursor.nzNumber()
      cursor.sp()
      return { name, sets: [cursor.set()] }
    case 'COPYUID': {
      cursor.sp()
      cursor.nzNumber()
      cursor.sp()
      const from = cursor.set()
      cursor.sp()
      const to = cursor.set()
      if (sizeOf(from) !== sizeOf(to)) cursor.fail('sets of different sizes')
      return { name, sets: [from, to] }
    }
    case 'MAILBOXID':
      cursor.sp()
      cursor.objectId()
      return { name }
    case 'METADATA': {
      cursor.sp()
      const about = cursor.word()
      if (about === 'LONGENTRIES' || about === 'MAXSIZE') {
        cursor.sp()
        cursor.number64()
      } else if (about !== 'TOOMANY' && about !== 'NOPRIVATE') cursor.fail('not a METADATA code')
      return { name }
    }
    default:
      return cursor.fail(`${name} is not a response code`)
  }
}

function sizeOf(ranges: Ranges): number {
  return ranges.reduce((sum, [first, last]) => sum + Math.abs(last - first) + 1, 0)
}
