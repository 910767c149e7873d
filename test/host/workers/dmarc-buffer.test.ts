/** Counts on their way from judged messages to the day's object. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Judgement } from '../../../src/arrival/index.ts'
import { dmarcBuffer } from '../../../src/host/workers/dmarc-buffer.ts'
import type { Env } from '../../../src/host/workers/env.ts'
import { parseDmarcRecord } from '../../../src/protocol/dmarc/index.ts'
import type { TallyText } from '../../../src/reports/index.ts'
import { bindings } from './house.ts'

const record = parseDmarcRecord('v=DMARC1; p=reject; rua=mailto:r@shop.test') ?? expect.fail('no record')

function judged(at: string, clientAddress = '198.51.100.1'): Judgement {
  return {
    transactionId: 't',
    at: Date.parse(at),
    clientAddress,
    reversePath: 'a@shop.test',
    dkim: [],
    arc: { status: 'none', sealers: [], instances: 0 },
    dmarc: {
      status: 'pass',
      domain: 'shop.test',
      reason: '',
      policy: 'reject',
      disposition: 'none',
      policyDomain: 'shop.test',
      record,
      aligned: { spf: true, dkim: false },
    },
    disposition: 'none',
    results: [],
  }
}

/** What the days' objects were told; they fail while `isDown`. */
function stage(setting?: string) {
  const told: { day: string; tally: TallyText }[] = []
  const down = { is: false }
  const DMARC = {
    getByName: (day: string) => ({
      async add(tally: TallyText) {
        if (down.is) throw new Error('the object is down')
        told.push({ day, tally })
      },
    }),
  } as unknown as Env['DMARC']
  const env: Env = { ...bindings, DMARC, ...(setting === undefined ? {} : { FACTEUR_DMARC_REPORTS: setting }) }
  return { env, told, down }
}

const taken = { code: 250, text: 'taken' }

afterEach(() => vi.useRealTimers())

describe('counts of judged messages', () => {
  it('gather for two seconds and go in one call a day', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    const { env, told } = stage()
    const { onJudged } = dmarcBuffer(env)
    for (let time = 0; time < 3; time++) onJudged?.(judged('2026-11-22T23:59:59Z'), taken)
    onJudged?.(judged('2026-11-23T00:00:00Z'), taken)
    await vi.advanceTimersByTimeAsync(1_900)
    expect(told).toEqual([])
    await vi.advanceTimersByTimeAsync(200)
    expect(told).toMatchObject([
      { day: '2026-11-22', tally: { domains: [{ rows: [{ count: 3 }] }] } },
      { day: '2026-11-23', tally: { domains: [{ rows: [{ count: 1 }] }] } },
    ])
    onJudged?.(judged('2026-11-23T00:00:05Z'), taken)
    await vi.advanceTimersByTimeAsync(2_100)
    expect(told).toHaveLength(3)
  })

  it('go at once where a request would be over, which is held for them', async () => {
    const { env, told } = stage()
    const held: Promise<void>[] = []
    dmarcBuffer(env, (work) => held.push(work)).onJudged?.(judged('2026-11-22T12:00:00Z'), taken)
    await Promise.all(held)
    expect([held.length, told.length]).toEqual([1, 1])
  })

  it('that cannot be sent are lost, and the next are not', async () => {
    const { env, told, down } = stage()
    const held: Promise<void>[] = []
    const { onJudged } = dmarcBuffer(env, (work) => held.push(work))
    down.is = true
    onJudged?.(judged('2026-11-22T12:00:00Z'), taken)
    await Promise.all(held)
    down.is = false
    onJudged?.(judged('2026-11-22T12:00:01Z'), taken)
    await Promise.all(held)
    expect(told).toMatchObject([{ tally: { domains: [{ rows: [{ count: 1 }] }] } }])
  })

  it('are not kept of mail that is not to be reported', async () => {
    const { env, told } = stage()
    const hold = vi.fn<(work: Promise<void>) => void>()
    dmarcBuffer(env, hold).onJudged?.(judged('2026-11-22T12:00:00Z'), { code: 451, text: 'later' })
    expect(hold).not.toHaveBeenCalled()
    expect(told).toEqual([])
    expect(dmarcBuffer(stage('none').env)).toEqual({})
  })
})
