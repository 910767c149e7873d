import { expect, it } from 'vitest'
import { memorySql } from '../../src/host/memory/sql.ts'
import { MailStore } from '../../src/mailbox/index.ts'

const hour = 3_600_000

function world() {
  const clock = { now: Date.UTC(2026, 10, 23) }
  const sql = memorySql()
  const store = new MailStore({ sql, now: () => clock.now })
  store.create({ address: 'alice@facteur.test', name: '' })
  const count = () => sql.exec<{ n: number }>('SELECT count(*) AS n FROM kept_answer').one().n
  return { clock, kept: store.keptAnswers, count }
}

it('is found by its key for a day', () => {
  const { clock, kept } = world()
  expect(kept.find('key')).toBeUndefined()
  kept.keep('key', { fingerprint: 'one', answer: 'yes' })
  clock.now += 24 * hour - 1
  expect(kept.find('key')).toEqual({ fingerprint: 'one', answer: 'yes' })
  expect(kept.find('KEY')).toBeUndefined()
  clock.now += 1
  expect(kept.find('key')).toBeUndefined()
})

it('makes way for another answer under its key', () => {
  const { clock, kept } = world()
  kept.keep('key', { fingerprint: 'one', answer: 'yes' })
  clock.now += 25 * hour
  kept.keep('key', { fingerprint: 'two', answer: 'no' })
  expect(kept.find('key')).toEqual({ fingerprint: 'two', answer: 'no' })
})

it('is forgotten in time, so that the account does not grow', () => {
  const { clock, kept, count } = world()
  for (let n = 0; n < 1_500; n++) kept.keep(`old ${n}`, { fingerprint: '', answer: '' })
  clock.now += 25 * hour
  for (let n = 0; n < 1_001; n++) kept.keep(`new ${n}`, { fingerprint: '', answer: '' })
  expect(count()).toBeLessThanOrEqual(1_001)
  expect(kept.find('new 0')).toBeDefined()
})
