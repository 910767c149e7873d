/**
 * Untagged responses that tests only want to be grammatical.
 *
 * Standards: RFC 9051 §7.2–7.3, RFC 2971, RFC 9208, RFC 5464 §4.4, RFC 4314, RFC 5258, RFC 9698.
 */
import type { Cursor } from './cursor.ts'

export function data(cursor: Cursor, name: string): void {
  switch (name) {
    case 'CAPABILITY':
      if (!/^(?: [^(){ %*"\\\]\x00-\x1f\x7f-\xff]+)+$/.test(cursor.text.slice(cursor.at))) cursor.fail('capabilities')
      cursor.at = cursor.text.length
      return
    case 'ENABLED':
      while (cursor.take(' ')) cursor.atom()
      return
    case 'UIDBATCHES':
      cursor.expect(' (TAG ')
      cursor.string()
      cursor.expect(')')
      // RFC 10022: the higher UID first.
      if (!cursor.atEnd && !/^ \d+:\d+(?:,\d+:\d+)*$/.test(cursor.rest())) cursor.fail('expected ranges')
      return
    case 'JMAPACCESS':
      cursor.sp()
      cursor.string()
      return
    case 'FLAGS':
      cursor.sp()
      cursor.list(() => cursor.flag())
      return
    case 'LIST':
    case 'LSUB':
      return list(cursor)
    case 'NAMESPACE':
      for (let kind = 0; kind < 3; kind++) {
        cursor.sp()
        if (cursor.take('NIL')) continue
        cursor.expect('(')
        do {
          cursor.expect('(')
          cursor.string()
          cursor.sp()
          if (!cursor.take('NIL')) cursor.string()
          while (cursor.take(' ')) {
            cursor.string()
            cursor.sp()
            cursor.list(() => cursor.string(), false)
          }
          cursor.expect(')')
        } while (!cursor.take(')'))
      }
      return
    case 'STATUS':
      cursor.sp()
      cursor.astring()
      cursor.sp()
      cursor.list(() => {
        const item = cursor.word()
        cursor.sp()
        if (item === 'MAILBOXID') cursor.objectId()
        else if (item === 'APPENDLIMIT' && cursor.take('NIL')) return
        else cursor.number64()
      })
      return
    case 'ID':
      cursor.sp()
      if (cursor.take('NIL')) return
      if (cursor.list(() => cursor.nstring()).length % 2 === 1) cursor.fail('a field without a value')
      return
    case 'QUOTA':
      cursor.sp()
      cursor.astring()
      cursor.sp()
      cursor.list(() => {
        cursor.atom()
        cursor.sp()
        cursor.number64()
        cursor.sp()
        cursor.number64()
      })
      return
    case 'QUOTAROOT':
      cursor.sp()
      cursor.astring()
      while (cursor.take(' ')) cursor.astring()
      return
    case 'METADATA':
      cursor.sp()
      cursor.astring()
      cursor.sp()
      if (!cursor.sees('(')) {
        do cursor.astring()
        while (cursor.take(' '))
        return
      }
      cursor.list(() => {
        if (!cursor.astring().startsWith('/')) cursor.fail('an entry begins with a slash')
        cursor.sp()
        if (!cursor.take('NIL') && cursor.tryString(true) === undefined) cursor.fail('expected a value')
      }, false)
      return
    case 'ACL':
    case 'LISTRIGHTS':
    case 'MYRIGHTS':
      while (cursor.take(' ')) cursor.astring()
      return
    default:
      cursor.fail(`${name} is not a response`)
  }
}

function list(cursor: Cursor): void {
  cursor.sp()
  cursor.list(() => {
    if (!cursor.flag().startsWith('\\')) cursor.fail('an attribute begins with a backslash')
  })
  cursor.sp()
  if (!cursor.take('NIL') && cursor.string().length !== 1) cursor.fail('the delimiter is one character')
  cursor.sp()
  cursor.astring()
  if (!cursor.take(' ')) return
  cursor.list(() => {
    const name = cursor.astring()
    cursor.sp()
    if (name === 'CHILDINFO' || name === 'OLDNAME') cursor.list(() => cursor.astring(), false)
    else cursor.fail(`${name} is not extended data`)
  }, false)
}
