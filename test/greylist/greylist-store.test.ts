import { describe, expect, it } from 'vitest'
import { familiarMs, GreylistStore, windowMs } from '../../src/greylist/index.ts'
import { memorySql } from '../../src/host/memory/sql.ts'

const delay = 300_000
const day = 86_400_000
const start = Date.UTC(2026, 10, 23)

function stage() {
  const sql = memorySql()
  let written = 0
  const metered: typeof sql = {
    exec: (query, ...bindings) => {
      const cursor = sql.exec(query, ...bindings)
      if (query.startsWith('INSERT OR REPLACE')) written++
      return cursor as never
    },
    transaction: (work) => sql.transaction(work),
  }
  return { sql, store: new GreylistStore(metered), written: () => written }
}

describe('the greylist', () => {
  it('puts a newcomer off for the time, and the rest of it when it comes back too soon', () => {
    const { store } = stage()
    expect(store.meet(1, 77, delay, start)).toBe(delay)
    expect(store.meet(1, 77, delay, start + 60_000)).toBe(240_000)
    expect(store.meet(1, 77, delay, start + delay - 1)).toBe(1)
  })

  it('knows the network once it came back, for all its mail (RFC 6647 §5)', () => {
    const { store } = stage()
    store.meet(1, 77, delay, start)
    expect(store.isFamiliar(1, start)).toBe(false)
    expect(store.meet(1, 77, delay, start + delay)).toBe(0)
    expect(store.isFamiliar(1, start + delay)).toBe(true)
    expect(store.isFamiliar(2, start + delay)).toBe(false)
  })

  it('does not take other mail of the same network for another try', () => {
    const { store } = stage()
    store.meet(1, 77, delay, start)
    expect(store.meet(1, 78, delay, start + delay)).toBe(delay)
  })

  it('forgets a try after a day', () => {
    const { store } = stage()
    store.meet(1, 77, delay, start)
    expect(store.meet(1, 77, delay, start + windowMs + 1)).toBe(delay)
  })

  it('forgets a network that does not write for five weeks, and keeps one that does', () => {
    const { store } = stage()
    store.meet(1, 77, delay, start)
    store.meet(1, 77, delay, start + delay)
    const known = start + delay
    for (let week = 1; week < 12; week++) expect(store.isFamiliar(1, known + week * 8 * day)).toBe(true)
    expect(store.isFamiliar(1, known + 88 * day + familiarMs + 1)).toBe(false)
  })

  it('writes one row for a newcomer, one when it is back, and none for a known one within a week', () => {
    const { store, written } = stage()
    store.meet(1, 77, delay, start)
    expect(written()).toBe(1)
    store.meet(1, 77, delay, start + 1000)
    expect(written()).toBe(1)
    store.meet(1, 77, delay, start + delay)
    expect(written()).toBe(2)
    for (let hour = 0; hour < 24 * 6; hour++) store.isFamiliar(1, start + delay + hour * 3_600_000)
    expect(written()).toBe(2)
  })

  it('writes nothing at all when only asked, so that an object that nobody uses stays empty', () => {
    const { sql, store } = stage()
    expect(store.isFamiliar(1, start)).toBe(false)
    expect(sql.exec('SELECT count(*) AS n FROM sqlite_master').one().n).toBe(0)
  })

  it('keeps its size: who hashes to a place takes it over, and the other is put off once more', () => {
    const { sql, store } = stage()
    store.meet(1, 5, delay, start)
    store.meet(1, 5 + 131_072, delay, start)
    expect(sql.exec('SELECT count(*) AS n FROM newcomer').one().n).toBe(1)
    expect(store.meet(1, 5, delay, start + delay)).toBe(delay)
  })

  it('finds what it knew in its next life', () => {
    const { sql, store } = stage()
    store.meet(1, 2 ** 51 + 3, delay, start)
    expect(new GreylistStore(sql).meet(1, 2 ** 51 + 3, delay, start + delay)).toBe(0)
    expect(new GreylistStore(sql).isFamiliar(1, start + delay)).toBe(true)
  })
})
