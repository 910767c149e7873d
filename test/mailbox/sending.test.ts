/** How much an account has sent, and to whom it does not send for now. */
import { describe, expect, test, vi } from 'vitest'
import { openStore } from './fixture.ts'

const hour = 3_600_000
const day = 24 * hour

describe('the sending rate', () => {
  const limits = { perHour: 10, perDay: 25 }

  test('is refused from the limit on, says when there is room, and counts nothing of what was refused', () => {
    const { store, clock } = openStore()
    expect(store.sendingRate.spend(8, limits)).toBeUndefined()
    expect(store.sendingRate.spend(3, limits)).toEqual({
      limit: 'hour',
      most: 10,
      again: (Math.floor(clock.now / hour) + 1) * hour,
    })
    expect(store.sendingRate.spend(2, limits)).toBeUndefined()
    expect(store.sendingRate.sent).toEqual({ hour: 10, day: 10 })
  })

  test('has a day of 24 hours that moves along', () => {
    const { store, clock } = openStore()
    const begin = clock.now
    for (let n = 0; n < 2; n++, clock.now += hour) expect(store.sendingRate.spend(10, limits)).toBeUndefined()
    expect(store.sendingRate.spend(6, limits)).toMatchObject({
      limit: 'day',
      again: Math.floor(begin / hour) * hour + day,
    })
    clock.now = begin + day
    expect(store.sendingRate.spend(10, limits)).toBeUndefined()
  })

  test('without limits is counted all the same', () => {
    const { store } = openStore()
    const none = { perHour: Infinity, perDay: Infinity }
    expect(store.sendingRate.spend(1_000_000, none)).toBeUndefined()
    expect(store.sendingRate.sent.day).toBe(1_000_000)
  })

  test('is known in the next life, but for less than a twentieth of a limit', () => {
    const { store, reopen, clock } = openStore()
    clock.now += hour
    for (let n = 0; n < 100; n++) store.sendingRate.spend(1, { perHour: 1_000, perDay: 10_000 })
    const { day: known } = reopen().sendingRate.sent
    expect(known).toBeLessThanOrEqual(100)
    expect(known).toBeGreaterThan(50)
  })

  test('writes a row for many messages', () => {
    const { store, sql, clock } = openStore()
    clock.now += hour
    store.sendingRate.spend(1, { perHour: 1_000, perDay: 10_000 })
    const written = () => sql.exec<{ value: string }>(`SELECT value FROM account WHERE key = 'sent'`).one().value
    const before = written()
    for (let n = 0; n < 40; n++) store.sendingRate.spend(1, { perHour: 1_000, perDay: 10_000 })
    expect(written()).toBe(before)
  })

  test('has limits of the account’s own, until they are taken back', () => {
    const { store, reopen } = openStore()
    store.sendingRate.setLimits({ perHour: 5, perDay: 0 })
    expect(reopen().sendingRate.limits).toEqual({ perHour: 5, perDay: 0 })
    store.sendingRate.setLimits(undefined)
    expect(reopen().sendingRate.limits).toBeUndefined()
  })
})

describe('a suppression', () => {
  test('by a bounce holds for a week, and the next time for two', () => {
    const { store, clock } = openStore()
    const { suppressions } = store
    suppressions.bounced('Gone@elsewhere.test', '550 5.1.1 No such user')
    expect(suppressions.among(['gone@ELSEWHERE.test', 'other@elsewhere.test'])).toEqual([
      {
        address: 'gone@elsewhere.test',
        reason: 'bounced',
        detail: '550 5.1.1 No such user',
        since: clock.now,
        until: clock.now + 7 * day,
      },
    ])
    clock.now += 7 * day
    expect(suppressions.list()).toEqual([])
    suppressions.bounced('gone@elsewhere.test', 'again')
    expect(suppressions.list()[0]?.until).toBe(clock.now + 14 * day)
  })

  test('that is not there costs one question, however much is sent, and is noticed when it comes', () => {
    const { store, sql } = openStore()
    const { suppressions } = store
    const asked = vi.spyOn(sql, 'exec')
    for (let n = 0; n < 10; n++) expect(suppressions.among([`friend${n}@elsewhere.test`])).toEqual([])
    expect(asked).toHaveBeenCalledTimes(1)
    suppressions.bounced('gone@elsewhere.test', '550')
    expect(suppressions.among(['gone@elsewhere.test'])).toHaveLength(1)
    expect(suppressions.remove('gone@elsewhere.test')).toBe(true)
    suppressions.complained('angry@elsewhere.test', 'about <m@x>')
    suppressions.remove('nobody@elsewhere.test')
    expect(suppressions.among(['gone@elsewhere.test', 'angry@elsewhere.test'])).toHaveLength(1)
    suppressions.remove('angry@elsewhere.test')
    asked.mockClear()
    for (let n = 0; n < 10; n++) expect(suppressions.among(['angry@elsewhere.test'])).toEqual([])
    expect(asked).toHaveBeenCalledTimes(1)
  })

  test('by bounces never holds for more than half a year', () => {
    const { store, clock } = openStore()
    for (let n = 0; n < 20; n++) store.suppressions.bounced('gone@elsewhere.test', 'again')
    expect(store.suppressions.list()[0]?.until).toBe(clock.now + 26 * 7 * day)
  })

  test('by a complaint holds until it is removed; a bounce does not shorten it', () => {
    const { store, clock } = openStore()
    store.suppressions.complained('angry@elsewhere.test', 'about <m@x>')
    store.suppressions.bounced('angry@elsewhere.test', '550')
    clock.now += 1000 * day
    expect(store.suppressions.list()).toMatchObject([{ reason: 'complained' }])
    expect(store.suppressions.remove('ANGRY@elsewhere.test')).toBe(true)
    expect(store.suppressions.remove('angry@elsewhere.test')).toBe(false)
    expect(store.suppressions.list()).toEqual([])
  })
})
