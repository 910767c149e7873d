/**
 * ENVELOPE and BODYSTRUCTURE, checked to the last parenthesis.
 *
 * Standards: RFC 9051 §7.5.2, §9 (envelope, body).
 */
import type { Cursor } from './cursor.ts'

export function envelope(cursor: Cursor): void {
  cursor.expect('(')
  cursor.nstring()
  cursor.sp()
  cursor.nstring()
  for (let field = 0; field < 6; field++) {
    cursor.sp()
    addresses(cursor)
  }
  cursor.sp()
  cursor.nstring()
  cursor.sp()
  cursor.nstring()
  cursor.expect(')')
}

/** `"(" 1*address ")" / nil`: without spaces between them. */
function addresses(cursor: Cursor): void {
  if (cursor.take('NIL')) return
  cursor.expect('(')
  do {
    cursor.expect('(')
    for (let part = 0; part < 4; part++) {
      if (part > 0) cursor.sp()
      cursor.nstring()
    }
    cursor.expect(')')
  } while (!cursor.take(')'))
}

/** `extensible`: BODYSTRUCTURE; BODY has no extension data. */
export function body(cursor: Cursor, extensible: boolean): void {
  cursor.expect('(')
  if (cursor.sees('(')) multipart(cursor, extensible)
  else singlePart(cursor, extensible)
  cursor.expect(')')
}

function multipart(cursor: Cursor, extensible: boolean): void {
  while (cursor.sees('(')) body(cursor, extensible)
  cursor.sp()
  cursor.string()
  if (!extensible || !cursor.take(' ')) return
  parameters(cursor)
  afterwards(cursor)
}

function singlePart(cursor: Cursor, extensible: boolean): void {
  const type = cursor.string().toLowerCase()
  cursor.sp()
  const subtype = cursor.string().toLowerCase()
  cursor.sp()
  parameters(cursor)
  cursor.sp()
  cursor.nstring()
  cursor.sp()
  cursor.nstring()
  cursor.sp()
  cursor.string()
  cursor.sp()
  cursor.number()
  if (type === 'text') {
    cursor.sp()
    cursor.number64()
  } else if (type === 'message' && (subtype === 'rfc822' || subtype === 'global') && cursor.sees(' (')) {
    cursor.sp()
    envelope(cursor)
    cursor.sp()
    body(cursor, extensible)
    cursor.sp()
    cursor.number64()
  }
  if (!extensible || !cursor.take(' ')) return
  cursor.nstring()
  afterwards(cursor)
}

/** Disposition, language, location, and what may come one day. */
function afterwards(cursor: Cursor): void {
  if (!cursor.take(' ')) return
  if (!cursor.take('NIL')) {
    cursor.expect('(')
    cursor.string()
    cursor.sp()
    parameters(cursor)
    cursor.expect(')')
  }
  if (!cursor.take(' ')) return
  if (cursor.sees('(')) cursor.list(() => cursor.string(), false)
  else cursor.nstring()
  if (!cursor.take(' ')) return
  cursor.nstring()
}

function parameters(cursor: Cursor): void {
  if (cursor.take('NIL')) return
  const pairs = cursor.list(() => cursor.string(), false)
  if (pairs.length % 2 === 1) cursor.fail('a parameter without a value')
}
