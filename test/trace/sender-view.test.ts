/** What of a trace its sender may see. */
import { describe, expect, test } from 'vitest'
import { senderView, type TraceEvent, type TraceStep } from '../../src/trace/index.ts'

const team = 'team@facteur.test'
const friend = 'friend@elsewhere.test'
const events = (...steps: TraceStep[]): TraceEvent[] => steps.map((step, at) => ({ id: 't1', at, ...step }))
const attempt = { type: 'attempt', domain: 'd.test', attempts: 1, age: 5, agent: 'smarthost relay.internal' } as const
const queue = { kind: 'queue', domain: 'hidden.test', entry: 'e1' } as const
const arrived: TraceStep = {
  type: 'arrived',
  source: 'jmap',
  account: 'a1',
  sender: 'alice@facteur.test',
  recipients: [team, friend],
  recipientCount: 2,
  size: 10,
  reply: '250 2.0.0 Message taken as t1',
}

describe('the sender of a message', () => {
  test('sees nothing of programs that are told of it', () => {
    const told = { type: 'told', event: 'message.received', webhook: 'crm.facteur.test', attempts: 1, age: 5 } as const
    const copied = { type: 'copied', recipient: friend, place: queue, status: 'queued' } as const
    expect(senderView(events(arrived, copied, { ...told, recipient: friend, status: 'deferred' }))).toHaveLength(1)
  })

  test('sees all of what happened to those it was written to, but not by which of our ways', () => {
    const view = senderView(
      events(
        arrived,
        { type: 'placed', recipient: friend, place: queue, status: 'queued' },
        {
          ...attempt,
          recipient: friend,
          status: 'delivered',
          host: 'mx.elsewhere.test',
          tls: 'TLSv1.3',
          verifiedBy: 'dane',
          reply: '250 ok',
        },
      ),
    )
    expect(view.slice(1)).toEqual([
      { id: 't1', at: 1, type: 'placed', recipient: friend, status: 'queued' },
      {
        id: 't1',
        at: 2,
        type: 'attempt',
        recipient: friend,
        attempts: 1,
        status: 'delivered',
        host: 'mx.elsewhere.test',
        tls: 'TLSv1.3',
        verifiedBy: 'dane',
        reply: '250 ok',
        age: 5,
      },
    ])
  })

  test('sees how it went behind an alias, under the alias, with the codes alone', () => {
    const view = senderView(
      events(
        { type: 'placed', recipient: team, address: 'Boss@hidden.test', place: queue, status: 'queued' },
        {
          type: 'placed',
          recipient: team,
          address: 'bob@facteur.test',
          place: { kind: 'mailbox', accountId: 'a2' },
          status: 'delivered',
        },
        {
          ...attempt,
          recipient: 'boss@hidden.test',
          status: 'bounced',
          host: 'mx.hidden.test',
          reply: '550-5.1.1 <boss@hidden.test> no',
          cause: 'hidden',
        },
        {
          type: 'reported',
          to: 'alice@facteur.test',
          actions: ['failed boss@hidden.test', 'delayed boss@hidden.test'],
        },
      ),
    )
    expect(view).toMatchObject([
      { recipient: team, status: 'queued' },
      { recipient: team, status: 'delivered' },
      { recipient: team, status: 'bounced', reply: '550 5.1.1' },
      { type: 'reported', actions: ['failed', 'delayed'] },
    ])
    expect(JSON.stringify(view)).not.toMatch(/hidden|boss|bob|a2/i)
  })

  test('sees nothing of rules and their copies, nor of addresses that nobody told of', () => {
    const archive = 'archive@facteur.test'
    const view = senderView(
      events(
        { type: 'ruled', recipient: friend, rules: ['keep all for the lawyers'] },
        { type: 'copied', recipient: friend, address: archive, place: queue, status: 'queued' },
        { ...attempt, recipient: archive, status: 'deferred' },
        { type: 'unreported', recipients: [archive] },
      ),
      [friend],
    )
    expect(view).toEqual([])
  })

  test('is shown recipients as they were written, whatever case they got on the way', () => {
    const placed = {
      type: 'placed',
      recipient: 'friend@ELSEWHERE.test',
      address: friend,
      place: queue,
      status: 'queued',
    } as const
    const view = senderView(events(placed, { ...attempt, recipient: friend, status: 'deferred', host: 'mx' }), [
      'Friend@Elsewhere.test',
    ])
    expect(view).toMatchObject([
      { type: 'placed', recipient: 'Friend@Elsewhere.test' },
      { type: 'attempt', recipient: 'Friend@Elsewhere.test', host: 'mx' },
    ])
  })
})
