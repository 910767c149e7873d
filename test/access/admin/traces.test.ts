/** What an administrator learns of a message. */
import { describe, expect, it } from 'vitest'
import type { TraceEvent } from '../../../src/trace/index.ts'
import { house } from './house.ts'

const now = 1_700_000_000_000
const day = 86_400_000
const arrived = (id: string, at: number, recipient = 'alice@facteur.test'): TraceEvent => ({
  id,
  at,
  type: 'arrived',
  source: 'smtp',
  sender: 'eve@outside.test',
  recipients: [recipient],
  recipientCount: 1,
  size: 1,
  reply: '250 2.0.0 taken',
})
const on = (at: number) => new Date(at).toISOString().slice(0, 10)

function stage() {
  const stage = house()
  const record = (event: TraceEvent) => stage.traces(on(event.at)).add([event])
  return { ...stage, record }
}

describe('traces', () => {
  it('of a message that was five days under way come from all those days, in order', async () => {
    const { admin, record } = stage()
    record(arrived('m1', now - 5 * day))
    record({ id: 'm1', at: now, type: 'reported', to: 'eve@outside.test', actions: ['failed'] })
    expect((await admin.traces.show('m1')).map(({ type }) => type)).toEqual(['arrived', 'reported'])
  })

  it('that are not there are missing, and say so', async () => {
    await expect(stage().admin.traces.show('nothing')).rejects.toThrow('there is no trace of "nothing"')
  })

  it('are found by address, newest first, as far back as asked', async () => {
    const { admin, record } = stage()
    for (const back of [3, 2, 1, 0]) record(arrived(`m${back}`, now - back * day))
    const found = async (days?: string) =>
      (await admin.traces.search({ recipient: 'alice@facteur.test', days })).map(({ id }) => id)
    expect(await found()).toEqual(['m0', 'm1', 'm2', 'm3'])
    expect(await found('1.5')).toEqual(['m0', 'm1'])
  })

  it('are not searched without a word of what to look for, nor for a number of days that is none', async () => {
    const { admin } = stage()
    await expect(admin.traces.search({})).rejects.toThrow('say "from", "to" or "message-id"')
    await expect(admin.traces.search({ sender: 'a@b.test', days: 'many' })).rejects.toThrow('"days" must be a number')
  })

  it('are counted for Prometheus', async () => {
    const { admin, record } = stage()
    record(arrived('m1', now))
    expect(await admin.traces.metrics()).toContain('facteur_arrivals_total{source="smtp",outcome="accepted"} 1\n')
  })
})
