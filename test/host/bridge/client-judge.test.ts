import { describe, expect, it } from 'vitest'
import { ClientJudge } from '../../../src/host/bridge/common/client-judge.ts'
import type { LinkAnswer } from '../../../src/host/bridge/common/link-connection.ts'

const junk = { junk: 'on a block list' }

function stage(most?: number) {
  const asked: string[] = []
  const waiting: ((answer: LinkAnswer) => void)[] = []
  const told: string[] = []
  const judge = new ClientJudge({
    link: {
      request: (head) => {
        asked.push('clientAddress' in head ? head.clientAddress : head.op)
        return new Promise((resolve) => waiting.push(resolve))
      },
    },
    timeoutMs: 1000,
    log: (_, event) => void told.push(event),
    ...(most === undefined ? {} : { most }),
  })
  const answer = (head: unknown) => waiting.shift()?.({ type: 'answer', head })
  return { judge, asked, told, answer, fail: () => waiting.shift()?.({ type: 'none', failure: 'down' }) }
}

describe('what lists say of a client', () => {
  it('is asked once for connections that come together, and kept for a minute', async () => {
    const { judge, asked, answer } = stage()
    const both = [judge.judge('192.0.2.7', 0), judge.judge('192.0.2.7', 5)]
    answer(junk)
    expect(await Promise.all(both)).toEqual([junk, junk])
    expect(await judge.judge('192.0.2.7', 59_999)).toEqual(junk)
    expect(asked).toEqual(['192.0.2.7'])
    void judge.judge('192.0.2.7', 60_000)
    expect(asked).toHaveLength(2)
  })

  it('is asked anew when there was no answer, or one that could not be given', async () => {
    const { judge, asked, answer, fail } = stage()
    const first = judge.judge('192.0.2.7', 0)
    fail()
    expect(await first).toEqual({})
    const second = judge.judge('192.0.2.7', 1)
    answer({ error: 'too much at once' })
    expect(await second).toEqual({})
    void judge.judge('192.0.2.7', 2)
    expect(asked).toHaveLength(3)
  })

  it('is not asked while too many are: the link is for mail', async () => {
    const { judge, asked, answer, told } = stage(2)
    const first = judge.judge('192.0.2.1', 0)
    void judge.judge('192.0.2.2', 0)
    expect(await judge.judge('192.0.2.3', 0)).toEqual({})
    expect(told).toEqual(['client-not-judged'])
    answer(junk)
    expect(await first).toEqual(junk)
    void judge.judge('192.0.2.3', 1)
    expect(asked).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.3'])
  })

  it('is kept for so many, and no flood takes memory', async () => {
    const { judge, asked, answer } = stage()
    for (let at = 0; at < 10_050; at++) {
      const judged = judge.judge(`2001:db8::${at.toString(16)}`, 0)
      answer({})
      await judged
    }
    expect(asked).toHaveLength(10_050)
    void judge.judge('2001:db8::0', 1)
    void judge.judge(`2001:db8::${(10_049).toString(16)}`, 1)
    expect(asked).toHaveLength(10_051)
  })
})
