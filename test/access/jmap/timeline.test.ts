/** SubmissionTimeline/get: how messages fared, for whoever sent them, and nothing that is not theirs to know. */
import { describe, expect, it } from 'vitest'
import type { TraceEvent, TraceStep } from '../../../src/trace/index.ts'
import { type Answer, using, World } from './world.ts'

const capability = 'https://facteur.test/jmap/timeline'
const letter = `From: alice@facteur.test
To: friend@elsewhere.test, Team@facteur.test
Subject: Hello
Date: Mon, 23 Nov 2026 10:00:00 +0100

Hi
`
const friend = 'friend@elsewhere.test'
const team = 'Team@facteur.test'
const secret = 'boss@private.example'

/** The trace by tag, and how often it was read. */
class Traces {
  readonly days = 7
  readonly atOnce = 3
  readonly events = new Map<string, TraceEvent[]>()
  readonly asked: { tags: readonly string[]; since: number }[] = []

  async find(tags: readonly string[], since: number): Promise<ReadonlyMap<string, TraceEvent[]>> {
    this.asked.push({ tags, since })
    return new Map([...this.events].filter(([tag]) => tags.includes(tag)))
  }
}

const at = Date.UTC(2026, 10, 23, 12)
const attempt = { type: 'attempt', domain: 'd', attempts: 1, age: 0 } as const

const way: TraceStep[] = [
  {
    type: 'arrived',
    source: 'jmap',
    account: 'a1',
    sender: 'alice@facteur.test',
    recipients: [friend, team],
    recipientCount: 2,
    size: 100,
    reply: '250 2.0.0 Message taken as t1',
  },
  {
    type: 'placed',
    recipient: friend,
    place: { kind: 'queue', domain: 'elsewhere.test', entry: 'e1' },
    status: 'queued',
  },
  {
    type: 'placed',
    recipient: team,
    address: secret,
    place: { kind: 'queue', domain: 'private.example' },
    status: 'queued',
  },
  {
    type: 'placed',
    recipient: team,
    address: 'bob@facteur.test',
    place: { kind: 'mailbox', accountId: 'a2' },
    status: 'delivered',
  },
  { ...attempt, recipient: friend, status: 'deferred', host: 'mx.elsewhere.test', reply: '451 4.7.1 Greylisted' },
  {
    ...attempt,
    recipient: friend,
    attempts: 2,
    status: 'delivered',
    host: 'mx.elsewhere.test',
    tls: 'TLSv1.3',
    verifiedBy: 'dane',
    reply: '250 2.0.0 ok',
  },
  {
    ...attempt,
    recipient: secret,
    status: 'bounced',
    host: 'mx.private.example',
    reply: `550 5.1.1 <${secret}> is unknown`,
    cause: 'private',
  },
  { type: 'reported', to: 'alice@facteur.test', actions: [`failed ${secret}`, `failed ${secret}`] },
]

async function sent(count = 1): Promise<{ world: World; traces: Traces; ids: string[] }> {
  const traces = new Traces()
  const world = new World({}, {}, traces)
  const identityId = (await world.call('Identity/get')).list[0].id
  const ids: string[] = []
  for (let n = 0; n < count; n++) {
    const emailId = world.deliver(letter, { role: 'drafts' })
    const { created } = await world.call('EmailSubmission/set', { create: { k: { emailId, identityId } } })
    ids.push(created.k.id)
    const events = way.map((step, index): TraceEvent => ({ id: `t${n}`, at: at + index * 1000, ...step }))
    traces.events.set(world.sent[n]?.options?.tag as string, events)
  }
  return { world, traces, ids }
}

async function timeline(world: World, submissionIds: string[], accountId = 'a1'): Promise<[string, Answer]> {
  const methodCalls = [['SubmissionTimeline/get', { accountId, submissionIds }, 'c']]
  const { body } = await world.post(JSON.stringify({ using: [...using, capability], methodCalls }))
  const [name, result] = body.methodResponses[0]
  return [name, result]
}

describe('SubmissionTimeline/get', () => {
  it('tells all steps of a recipient, with host, TLS, who vouched for it, and replies', async () => {
    const { world, traces, ids } = await sent()
    const [name, { list, notFound }] = await timeline(world, ids)
    expect([name, notFound]).toEqual(['SubmissionTimeline/get', []])
    expect(list).toMatchObject([{ submissionId: ids[0] }])
    const steps = list[0].steps as Answer[]
    expect(steps[0]).toEqual({
      at: '2026-11-23T12:00:00Z',
      type: 'accepted',
      recipient: null,
      reply: '250 2.0.0 Message taken as t1',
    })
    const facts = { tls: null, verifiedBy: null, cause: null, host: 'mx.elsewhere.test' }
    expect(steps.filter(({ recipient }) => recipient === friend)).toEqual([
      { at: '2026-11-23T12:00:01Z', type: 'queued', recipient: friend, reply: null },
      {
        at: '2026-11-23T12:00:04Z',
        type: 'deferred',
        recipient: friend,
        attempt: 1,
        ...facts,
        reply: '451 4.7.1 Greylisted',
      },
      {
        ...facts,
        at: '2026-11-23T12:00:05Z',
        type: 'handedOver',
        recipient: friend,
        attempt: 2,
        tls: 'TLSv1.3',
        verifiedBy: 'dane',
        reply: '250 2.0.0 ok',
      },
    ])
    expect(steps.at(-1)).toEqual({ at: '2026-11-23T12:00:07Z', type: 'reported', recipient: null, actions: ['failed'] })
    expect(traces.asked).toEqual([{ tags: [world.sent[0]?.options?.tag], since: at }])
  })

  it('names an alias, and neither where it leads nor what is said there', async () => {
    const { world, ids } = await sent()
    const [, { list }] = await timeline(world, ids)
    const steps = list[0].steps as Answer[]
    expect(
      steps.filter(({ recipient }) => recipient === team).map(({ type, reply, host }) => [type, reply, host]),
    ).toEqual([
      ['queued', null, undefined],
      ['delivered', null, undefined],
      ['failed', '550 5.1.1', null],
    ])
    expect(JSON.stringify(list)).not.toMatch(/private|boss|bob|a2/)
  })

  it('tells what the sender wrote to itself, though an alias leads there too', async () => {
    const { world, traces, ids } = await sent()
    const step: TraceStep = {
      type: 'placed',
      recipient: team,
      address: friend,
      place: { kind: 'queue', domain: 'd' },
      status: 'queued',
    }
    for (const events of traces.events.values()) events.splice(1, 0, { id: 't0', at, ...step })
    const [, { list }] = await timeline(world, ids)
    const handed = (list[0].steps as Answer[]).filter(({ type }) => type === 'handedOver')
    expect(handed.map(({ recipient, host }) => [recipient, host])).toEqual([
      [friend, 'mx.elsewhere.test'],
      [team, null],
    ])
  })

  it('has no steps when the trace is forgotten, and knows no submission of others', async () => {
    const { world, traces, ids } = await sent()
    traces.events.clear()
    expect(await timeline(world, [...ids, 'S99', 'nonsense'])).toMatchObject([
      'SubmissionTimeline/get',
      { list: [{ submissionId: ids[0], steps: [] }], notFound: ['S99', 'nonsense'] },
    ])
    expect(await timeline(world, ids, 'a2')).toMatchObject(['error', { type: 'accountNotFound' }])
  })

  it('walks through the trace once for all, and for so many at most', async () => {
    const { world, traces, ids } = await sent(4)
    expect(await timeline(world, ids)).toMatchObject(['error', { type: 'requestTooLarge' }])
    expect(traces.asked).toEqual([])
    const [, { list }] = await timeline(world, ids.slice(0, 3))
    expect(list.map(({ steps }: Answer) => steps.length)).toEqual([8, 8, 8])
    expect(traces.asked).toHaveLength(1)
  })

  it('is for those who say that they use it; the rest of JMAP never reads the trace', async () => {
    const { world, traces, ids } = await sent()
    const [error] = await world.request(['SubmissionTimeline/get', { submissionIds: ids }])
    expect(error[1]).toEqual({ type: 'unknownMethod' })
    expect((await world.call('EmailSubmission/get', { ids })).list[0]).not.toHaveProperty('timeline')
    expect(traces.asked).toEqual([])
  })

  it('is announced with its limits (RFC 8620 §2), and not at all where no traces are kept', async () => {
    const { world } = await sent()
    const session = world.jmap.session('https://mail.facteur.test') as Answer
    expect(session.capabilities[capability]).toEqual({})
    expect(session.accounts.a1.accountCapabilities[capability]).toEqual({ maxSubmissionsInGet: 3, days: 7 })
    expect((new World().jmap.session('https://mail.facteur.test') as Answer).capabilities).not.toHaveProperty(
      capability,
    )
  })
})
