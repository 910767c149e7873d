import { describe, expect, test } from 'vitest'
import { fromLatin1 } from '../../src/format/index.ts'
import { openStore } from './fixture.ts'

const whole = 'Subject: a\r\n\r\nline\r\n'
const odd = 'Subject: b\n\nline'

describe('sizes with every line ended by CRLF (RFC 1939 §11)', () => {
  test('only emails are named whose stored size differs, copies too', () => {
    const { store, inbox } = openStore()
    const added = store.add([whole, odd].map((text) => ({ raw: fromLatin1(text), mailboxIds: [inbox] })))
    const id = added[1]!.id
    expect([...store.crlfSizes()]).toEqual([[id, odd.length + 4]])
    store.copy(inbox, [added[1]!.places[0]!.uid], inbox)
    expect([...store.crlfSizes().values()]).toEqual([odd.length + 4, odd.length + 4])
    store.destroy([id])
    expect(store.crlfSizes().size).toBe(1)
  })

  test('surrogates are counted apart, for those alone that have one (RFC 6858)', () => {
    const { store, sql, inbox, reopen } = openStore()
    const raws = [whole, 'Subject: \xc3\xa9\r\n\r\nline'].map((text) => ({
      raw: fromLatin1(text),
      mailboxIds: [inbox],
    }))
    const [, second] = store.add(raws)
    const surrogate = 'Subject: =?utf-8?B?w6k=?=\r\n\r\nline\r\n'
    expect([...store.surrogateSizes()]).toEqual([[second!.id, surrogate.length]])
    expect(reopen().email(second!.id)?.surrogateSize).toBe(surrogate.length)
    expect(sql.exec('SELECT 1 AS one FROM email WHERE surrogate_size IS NOT NULL').toArray()).toHaveLength(1)
  })

  test('the index costs no row for a message of whole lines', () => {
    const { store, sql, inbox } = openStore()
    store.add([{ raw: fromLatin1(whole), mailboxIds: [inbox] }])
    expect(sql.exec(`SELECT 1 AS one FROM email WHERE crlf_size IS NOT size`).toArray()).toEqual([])
    const plan = sql.exec<{ detail: string }>(
      `EXPLAIN QUERY PLAN SELECT id, crlf_size FROM email WHERE crlf_size IS NOT size`,
    )
    expect(plan.toArray()[0]?.detail).toContain('USING COVERING INDEX email_crlf_size')
  })

  test('emails from before it was counted are counted once, and remembered', async () => {
    const { store, sql, inbox, reopen } = openStore()
    const ids = store
      .add([whole, odd].map((text) => ({ raw: fromLatin1(text), mailboxIds: [inbox] })))
      .map((email) => email.id)
    sql.exec('UPDATE email SET crlf_size = NULL')
    const again = reopen()
    expect(again.crlfSizes()).toEqual(new Map(ids.map((id) => [id, null])))
    const state = again.state
    expect([...(await again.countCrlfSizes(ids))]).toEqual([
      [ids[0], whole.length],
      [ids[1], odd.length + 4],
    ])
    expect([...again.crlfSizes()]).toEqual([[ids[1], odd.length + 4]])
    expect(again.state).toBe(state)
  })
})
