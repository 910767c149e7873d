import { describe, expect, test } from 'vitest'
import { sample } from '../../format/dmarc-report/sample.ts'
import { house } from './house.ts'

const day = 86_400_000
const now = 1_700_000_000_000
const sender = { sender: 'rec.test', proven: true }

function furnished() {
  const stage = house()
  stage.book('here.test').host('here.test')
  const received = stage.received('here.test')
  received.add({ kind: 'dmarc', report: { ...sample, id: 'new', start: now - 2 * day, end: now - day } }, sender, now)
  received.add(
    { kind: 'dmarc', report: { ...sample, id: 'old', start: now - 9 * day, end: now - 8 * day } },
    sender,
    now,
  )
  return stage
}

describe('reports', () => {
  test('are listed by domain, and back to a day', async () => {
    const { reports } = furnished().admin
    expect((await reports.list('Here.test')).map(({ reportId }) => reportId)).toEqual(['new', 'old'])
    expect((await reports.list('here.test', { days: '3' })).map(({ reportId }) => reportId)).toEqual(['new'])
    expect(await reports.list('here.test', { kind: 'tls' })).toEqual([])
  })

  test('are shown whole', async () => {
    const { reports } = furnished().admin
    expect(await reports.show('here.test', '1')).toMatchObject({ reportId: 'new', report: { rows: sample.rows } })
  })

  test.each([
    ['a domain that is elsewhere', 'there.test', '1', 'there.test is not hosted here'],
    ['a number that none has', 'here.test', '7', 'there is no report "7" of here.test'],
    ['what is no number', 'here.test', 'x', 'there is no report "x" of here.test'],
  ])('there is none of %s', async (_, domain, id, problem) => {
    await expect(furnished().admin.reports.show(domain, id)).rejects.toThrow(problem)
  })

  test('of all together say who sent mail', async () => {
    const { reports } = furnished().admin
    expect(await reports.sources('here.test')).toMatchObject([{ source: '192.0.2.1', failed: 6 }, { failed: 0 }])
    expect(await reports.sources('here.test', { days: '3' })).toMatchObject([{ failed: 3 }, { failed: 0 }])
  })

  test('are forgotten with their domain', async () => {
    const { admin, received } = furnished()
    await admin.domains.remove('here.test')
    expect(received('here.test').list()).toEqual([])
  })

  test('no time is no question', async () => {
    await expect(furnished().admin.reports.list('here.test', { days: '0' })).rejects.toThrow('above 0')
    await expect(furnished().admin.reports.list('there.test')).rejects.toThrow('not hosted')
  })
})
