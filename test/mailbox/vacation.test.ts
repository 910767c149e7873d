import { describe, expect, it } from 'vitest'
import type { VacationResponse } from '../../src/mailbox/index.ts'
import { newEmail, openStore, startTime } from './fixture.ts'

const day = 86_400_000
const away: VacationResponse = {
  isEnabled: true,
  fromDate: null,
  toDate: null,
  subject: null,
  textBody: 'Away.',
  htmlBody: null,
}

describe('the vacation response (RFC 8621 §8)', () => {
  it('is off at first, and outlives the object', () => {
    const { store, reopen } = openStore()
    expect(store.vacation.get()).toMatchObject({ isEnabled: false, textBody: null })
    store.vacation.set(away)
    expect(reopen().vacation.get()).toEqual(away)
  })

  it('is active from fromDate until toDate', () => {
    const { store } = openStore()
    store.vacation.set({ ...away, fromDate: 1000, toDate: 2000 })
    expect([999, 1000, 1999, 2000].map((now) => store.vacation.isActive(now))).toEqual([false, true, true, false])
    store.vacation.set({ ...away, isEnabled: false })
    expect(store.vacation.isActive(1000)).toBe(false)
  })

  it('is a change of its own type, once, and of no other', () => {
    const { store, inbox } = openStore()
    const before = store.state
    store.vacation.set(away)
    const after = store.state
    expect(store.changes('VacationResponse', before)).toMatchObject({ created: [], updated: [1], destroyed: [] })
    for (const type of ['Email', 'Mailbox', 'Identity', 'EmailSubmission', 'Quota'] as const) {
      expect(store.changes(type, before)).toMatchObject({ created: [], updated: [], destroyed: [] })
    }
    store.vacation.set(away)
    expect(store.state).toBe(after)
    store.add([newEmail(inbox)])
    expect(store.changes('VacationResponse', after)).toMatchObject({ updated: [] })
  })

  it('gives each sender one turn in a period, in any case of the address (RFC 5230 §4.2)', () => {
    const { store } = openStore()
    const { vacation } = store
    vacation.set(away)
    expect(vacation.claim('bob@example.com', startTime, 7 * day)).toBe(true)
    expect(vacation.claim('BOB@example.com', startTime + 7 * day - 1, 7 * day)).toBe(false)
    expect(vacation.claim('carol@example.com', startTime, 7 * day)).toBe(true)
    expect(vacation.claim('bob@example.com', startTime + 7 * day, 7 * day)).toBe(true)
  })

  it('a turn that was given back, or a new response, makes another turn', () => {
    const { vacation } = openStore().store
    vacation.set(away)
    vacation.claim('bob@example.com', startTime, 7 * day)
    vacation.release('bob@example.com')
    expect(vacation.claim('bob@example.com', startTime, 7 * day)).toBe(true)
    vacation.set({ ...away, textBody: 'Still away.' })
    expect(vacation.claim('bob@example.com', startTime, 7 * day)).toBe(true)
  })

  it('remembers a bounded number of senders, none longer than the period', () => {
    const { store, sql } = openStore()
    for (let sender = 0; sender < 10_050; sender++)
      store.vacation.claim(`s${sender}@x.example`, startTime + sender, day)
    const rows = () => sql.exec<{ n: number }>('SELECT count(*) AS n FROM vacation_reply').one().n
    store.vacation.claim('late@x.example', startTime + day / 2, day)
    expect(rows()).toBe(10_001)
    store.vacation.claim('later@x.example', startTime + 2 * day, day)
    expect(rows()).toBe(1)
  })
})
