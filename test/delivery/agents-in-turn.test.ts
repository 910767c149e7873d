import { describe, expect, test } from 'vitest'
import { deliverInTurn } from '../../src/delivery/index.ts'
import type { DeliveryAgent, DeliveryJob, RecipientOutcome } from '../../src/queue/index.ts'

type Answer = Omit<RecipientOutcome, 'recipient' | 'at'>

const taken: Answer = { status: 'delivered', reply: { code: 250, enhanced: '2.0.0', text: 'Ok' } }
const busy: Answer = { status: 'deferred', reply: { code: 451, enhanced: '4.7.1', text: 'Greylisted' } }
const down: Answer = { status: 'deferred', enhanced: '4.4.1', diagnostic: 'No connection', site: true }
const refused: Answer = { status: 'bounced', reply: { code: 550, enhanced: '5.1.1', text: 'No such user' } }
const tooLarge: Answer = { status: 'bounced', enhanced: '5.3.4', diagnostic: 'Too large', unfit: true }
const lost: Answer = { status: 'deferred', enhanced: '4.4.2', diagnostic: 'It may have arrived', inDoubt: true }

function job(...addresses: string[]): DeliveryJob {
  const recipients = addresses.map((address) => ({ address }))
  const envelope = { reversePath: 'me@here.test', smtputf8: false, body: '7BIT' as const, recipients }
  return { id: '1', domain: 'there.test', envelope, raw: new Uint8Array() }
}

/** An agent that answers all alike, or each recipient on its own; `asked` says for whom it was asked. */
function scripted(answers: Answer | ((address: string) => Answer)) {
  const answerFor = typeof answers === 'function' ? answers : () => answers
  const asked: string[][] = []
  const agent: DeliveryAgent = {
    async deliver({ envelope }) {
      asked.push(envelope.recipients.map(({ address }) => address))
      return envelope.recipients.map(({ address }) => {
        const answer = answerFor(address)
        return { recipient: address, at: 1, ...answer }
      })
    },
  }
  return { agent, asked }
}

async function inTurn(mail: DeliveryJob, ...answers: Parameters<typeof scripted>[0][]) {
  const agents = answers.map(scripted)
  const named = agents.map(({ agent }, index) => ({ name: `way${index + 1}`, agent }))
  const outcomes = await deliverInTurn(named, mail, () => 0)
  return { outcomes, asked: agents.map((one) => one.asked) }
}

describe('of several agents', () => {
  test('the first one that delivers is the last one asked', async () => {
    const { outcomes, asked } = await inTurn(job('a@there.test'), taken, taken)
    expect(outcomes).toEqual([{ recipient: 'a@there.test', at: 1, ...taken, agent: 'way1' }])
    expect(asked).toEqual([[['a@there.test']], []])
  })

  test.each([
    ['cannot be reached', down, 'No connection'],
    ['puts it off (4yz)', busy, '451 4.7.1 Greylisted'],
    ['cannot carry the message', tooLarge, 'Too large'],
  ])('the next one is asked when one %s, and what the first one said is kept', async (_, first, answer) => {
    const { outcomes } = await inTurn(job('a@there.test'), first, taken)
    expect(outcomes).toMatchObject([{ status: 'delivered', agent: 'way2', earlier: [{ agent: 'way1', answer }] }])
  })

  test('none is asked after a refusal for good (5yz)', async () => {
    const { outcomes, asked } = await inTurn(job('a@there.test'), refused, taken)
    expect(outcomes).toMatchObject([{ status: 'bounced', agent: 'way1' }])
    expect(asked[1]).toEqual([])
  })

  test('none is asked when the message may have arrived: that would be to send it twice (RFC 1047)', async () => {
    const { outcomes, asked } = await inTurn(job('a@there.test'), lost, taken)
    expect(outcomes).toMatchObject([{ status: 'deferred', agent: 'way1' }])
    expect(asked[1]).toEqual([])
  })

  test('each is asked for those only whom the ones before did not reach', async () => {
    const mail = job('a@there.test', 'b@there.test', 'c@there.test', 'd@there.test')
    const first = new Map([
      ['a@there.test', taken],
      ['b@there.test', busy],
      ['c@there.test', refused],
    ])
    const second = new Map([['b@there.test', taken]])
    const { outcomes, asked } = await inTurn(
      mail,
      (address) => first.get(address) ?? down,
      (address) => second.get(address) ?? busy,
      taken,
    )
    expect(asked).toEqual([
      [['a@there.test', 'b@there.test', 'c@there.test', 'd@there.test']],
      [['b@there.test', 'd@there.test']],
      [['d@there.test']],
    ])
    expect(outcomes.map(({ recipient, status, agent }) => [recipient, status, agent])).toEqual([
      ['a@there.test', 'delivered', 'way1'],
      ['b@there.test', 'delivered', 'way2'],
      ['c@there.test', 'bounced', 'way1'],
      ['d@there.test', 'delivered', 'way3'],
    ])
  })

  test('mail waits for the one that may take it later, though another never can', async () => {
    const { outcomes } = await inTurn(job('a@there.test'), busy, tooLarge)
    expect(outcomes).toMatchObject([{ status: 'deferred', agent: 'way1', earlier: [{ agent: 'way2' }] }])
  })

  test('mail that none of them can carry is returned', async () => {
    const { outcomes } = await inTurn(job('a@there.test'), tooLarge, tooLarge)
    expect(outcomes).toMatchObject([{ status: 'bounced', enhanced: '5.3.4', agent: 'way2' }])
  })

  test('the destination is left alone only when every way to it failed', async () => {
    expect((await inTurn(job('a@there.test'), down, down)).outcomes).toMatchObject([{ site: true }])
    expect((await inTurn(job('a@there.test'), down, busy)).outcomes).toMatchObject([{ site: false }])
  })

  test('one that the settings do not have is passed over, and said so when it was the only one', async () => {
    const missing = { name: 'gone', agent: undefined }
    const other = { name: 'other', agent: scripted(taken).agent }
    const alone = await deliverInTurn([missing], job('a@there.test'), () => 0)
    expect(alone).toMatchObject([
      { status: 'deferred', enhanced: '4.3.5', diagnostic: expect.stringContaining('"gone"') },
    ])
    const beside = await deliverInTurn([missing, other], job('a@there.test'), () => 0)
    expect(beside).toMatchObject([{ status: 'delivered', agent: 'other' }])
  })

  test('none is begun after minutes, or when the attempt is broken off', async () => {
    let now = 0
    const slow: DeliveryAgent = {
      async deliver(mail, signal) {
        now += 300_000
        return scripted(busy).agent.deliver(mail, signal)
      },
    }
    const next = scripted(taken)
    const agents = [
      { name: 'slow', agent: slow },
      { name: 'next', agent: next.agent },
    ]
    expect(await deliverInTurn(agents, job('a@there.test'), () => now)).toMatchObject([{ status: 'deferred' }])
    const aborted = AbortSignal.abort()
    const quick = [{ name: 'one', agent: scripted(busy).agent }, agents[1] as (typeof agents)[1]]
    expect(await deliverInTurn(quick, job('a@there.test'), () => 0, aborted)).toMatchObject([{ status: 'deferred' }])
    expect(next.asked).toEqual([])
  })
})
