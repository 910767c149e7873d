import { describe, expect, it } from 'vitest'
import { greeted, ready, transaction } from './dialogue.ts'
import { accepting, type SeenRequest } from './fake-worker.ts'
import type { LineClient } from './line-client.ts'
import { type Scene, scene } from './scene.ts'

const rates = { connections: 0, messages: 0, recipients: 0, unknown: 0 }
const behindProxy = { host: '127.0.0.1', port: 0, proxyProtocol: true }

interface Door {
  rates?: Partial<typeof rates>
  trusted?: string[]
  turnedAwayMs?: number
  /** What `client` is answered. */
  client?: (address: string) => object | undefined | Promise<object | undefined>
}

async function doorScene({
  client,
  trusted = ['127.0.0.0/8', '::1/128', '10.0.0.0/8'],
  ...more
}: Door): Promise<Scene> {
  const door = { trusted, screened: client !== undefined, rates: { ...rates, ...more.rates } }
  const limits = { maxUnknownMs: 40, turnedAwayMs: more.turnedAwayMs ?? 60_000 }
  return scene({ limits, listeners: { smtp: behindProxy, submission: behindProxy } }, (worker) => {
    worker.door = door
    worker.onRequest = (request: SeenRequest) =>
      request.head.op === 'client' ? client?.(String(request.head.clientAddress)) : accepting(request)
  })
}

async function from(here: Scene, address: string, name: 'smtp' | 'submission' = 'smtp'): Promise<LineClient> {
  const opened = await here.client(name)
  opened.write(`PROXY ${address.includes(':') ? 'TCP6' : 'TCP4'} ${address} ${address} 4000 25\r\n`)
  return opened
}

const mail = (client: LineClient) => client.say('MAIL FROM:<a@example.org>\r\n', /\r\n/)
const rcpt = (client: LineClient, to = 'bob@example.com') => client.say(`RCPT TO:<${to}>\r\n`, /\r\n/)

describe('a network that asks for too much', () => {
  it('gets 421 4.7.0 in place of a greeting (RFC 5321 §3.1, §3.8)', async () => {
    const here = await doorScene({ rates: { connections: 2 } })
    await greeted(await from(here, '192.0.2.7'))
    await greeted(await from(here, '192.0.2.7'))
    const third = await from(here, '192.0.2.7')
    expect(await third.untilClosed()).toBe(
      '421 4.7.0 mx.example Too many connections from your network, please try again later\r\n',
    )
    expect(here.log).toContainEqual(expect.objectContaining({ event: 'client-rate' }))
    await greeted(await from(here, '192.0.2.8'))
  })

  it('gets 450 4.7.1 for a message, and may try again', async () => {
    const here = await doorScene({ rates: { messages: 1 } })
    const smtp = await greeted(await from(here, '192.0.2.7'))
    expect(await transaction(smtp)).toMatch(/^250/)
    expect(await mail(smtp)).toMatch(/^450 4\.7\.1 Too many messages from your network/)
    expect(await rcpt(smtp)).toMatch(/^503/)
    expect(await smtp.say('QUIT\r\n', /\r\n/)).toMatch(/^221/)
  })

  it('gets 450 4.7.1 for a recipient; those before it stay', async () => {
    const here = await doorScene({ rates: { recipients: 2 } })
    const smtp = await greeted(await from(here, '192.0.2.7'))
    await mail(smtp)
    expect(await rcpt(smtp)).toMatch(/^250/)
    expect(await rcpt(smtp, 'bob2@example.com')).toMatch(/^250/)
    expect(await rcpt(smtp, 'bob3@example.com')).toMatch(/^450 4\.7\.1 Too many recipients from your network/)
    expect(await smtp.say('DATA\r\n', /\r\n/)).toMatch(/^354/)
    expect(await smtp.say('x\r\n.\r\n', /\r\n/)).toMatch(/^250/)
    const recipients = [{ address: 'bob@example.com' }, { address: 'bob2@example.com' }]
    expect(here.worker.operations('deliver')[0]?.head.envelope).toMatchObject({ recipients })
  })

  it('is a /64 where addresses are many (RFC 6177 §2)', async () => {
    const here = await doorScene({ rates: { connections: 1 } })
    await greeted(await from(here, '2001:db8::1'))
    expect(await (await from(here, '2001:db8::2')).untilClosed()).toMatch(/^421 4\.7\.0/)
    await greeted(await from(here, '2001:db8:0:1::1'))
  })
})

it('counts whom it turns away, and tells the Worker once in a while', async () => {
  const here = await doorScene({ rates: { messages: 1, unknown: 2 }, turnedAwayMs: 50, client: () => ({}) })
  const smtp = await greeted(await from(here, '192.0.2.7'))
  await mail(smtp)
  for (const to of ['unknown1@example.com', 'unknown2@example.com', 'unknown3@example.com']) await rcpt(smtp, to)
  const second = await greeted(await from(here, '192.0.2.7'))
  expect(await mail(second)).toMatch(/^450/)
  const told = () => here.worker.operations('turned-away').map(({ head }) => head.counts as Record<string, number>)
  const sum = (why: string) => told().reduce((all, counts) => all + (counts[why] ?? 0), 0)
  await here.worker.until(() => sum('unknown') === 2 && sum('rate') === 2)
  expect(told().length).toBeLessThan(4)
})

describe('whom the door does not hinder', () => {
  it.each(['10.1.2.3', '127.0.0.1', '::1'])('a trusted network: %s', async (address) => {
    const here = await doorScene({ rates: { connections: 1, messages: 1, unknown: 1 }, client: () => ({}) })
    for (let at = 0; at < 3; at++) {
      const smtp = await greeted(await from(here, address))
      expect(await transaction(smtp)).toMatch(/^250/)
    }
    expect(here.worker.operations('client')).toHaveLength(0)
  })

  it('people who submit: they log in', async () => {
    const here = await doorScene({ rates: { connections: 1 }, client: () => ({}) })
    for (let at = 0; at < 3; at++) await greeted(await from(here, '192.0.2.7', 'submission'))
    expect(here.worker.operations('client')).toHaveLength(0)
  })

  it('anybody, while the Worker has not said what it wants, or said what is none', async () => {
    const here = await scene({ listeners: { smtp: behindProxy } }, (worker) => {
      worker.door = { trusted: ['everybody'], screened: true, rates }
    })
    expect(await transaction(await greeted(await from(here, '192.0.2.7')))).toMatch(/^250/)
    expect(here.worker.operations('client')).toHaveLength(0)
  })
})

describe('a dictionary attack', () => {
  it('is answered later each time, and hung up on when a minute’s allowance is used up: 421 4.7.0', async () => {
    const here = await doorScene({ rates: { unknown: 4 } })
    const smtp = await greeted(await from(here, '192.0.2.7'))
    await mail(smtp)
    const began = performance.now()
    for (let at = 0; at < 4; at++) expect(await rcpt(smtp, `unknown${at}@example.com`)).toMatch(/^550 5\.1\.1/)
    // A quarter, a half, three quarters and all of 40 ms; timers may be a millisecond early.
    expect(performance.now() - began).toBeGreaterThan(90)
    expect(await rcpt(smtp, 'unknown@example.com')).toMatch(/^421 4\.7\.0 mx\.example Too many unknown recipients/)
    await smtp.untilClosed()
    expect(here.worker.operations('deliver')).toHaveLength(0)
  })

  it('gains nothing from another connection of its network', async () => {
    const here = await doorScene({ rates: { unknown: 1 } })
    const first = await greeted(await from(here, '192.0.2.7'))
    await mail(first)
    expect(await rcpt(first, 'unknown@example.com')).toMatch(/^550/)
    const second = await greeted(await from(here, '192.0.2.7'))
    await mail(second)
    expect(await rcpt(second)).toMatch(/^250/)
    expect(await rcpt(second, 'unknown@example.com')).toMatch(/^421 4\.7\.0/)
  })

  it('gains nothing from pipelining: each answer waits for the one before it (RFC 2920 §3.2)', async () => {
    const here = await doorScene({ rates: { unknown: 3 } })
    const smtp = await greeted(await from(here, '192.0.2.7'))
    smtp.write(`MAIL FROM:<>\r\n${'RCPT TO:<unknown@example.com>\r\n'.repeat(50)}DATA\r\n`)
    const codes = (await smtp.untilClosed()).match(/^\d{3} /gm)?.map(Number)
    expect(codes?.slice(-5)).toEqual([250, 550, 550, 550, 421])
    expect(here.worker.operations('recipient')).toHaveLength(4)
  })

  it('and a search for an open relay are one thing', async () => {
    const here = await doorScene({ rates: { unknown: 1 } })
    here.worker.onRequest = () => ({ reply: { code: 550, enhanced: '5.7.1', text: 'Relaying denied' } })
    const smtp = await greeted(await from(here, '192.0.2.7'))
    await mail(smtp)
    expect(await rcpt(smtp, 'a@elsewhere.test')).toMatch(/^550 5\.7\.1/)
    expect(await rcpt(smtp, 'b@elsewhere.test')).toMatch(/^421 4\.7\.0/)
  })

  it('that leaves while it waits leaves nothing behind', async () => {
    const here = await doorScene({ rates: { unknown: 1 } })
    const smtp = await greeted(await from(here, '192.0.2.7'))
    smtp.write('MAIL FROM:<>\r\nRCPT TO:<unknown@example.com>\r\n')
    await here.worker.until(() => here.worker.operations('recipient').length === 1)
    smtp.destroy()
    await here.bridge.close({ drainMs: 1_000 })
  })
})

describe('a client that lists know', () => {
  const refusal = { code: 550, enhanced: '5.7.1', text: ['Client host is on a block list: bl.test', 'why'] }

  it('is asked about when it connects, before it says a word', async () => {
    const here = await doorScene({ client: () => ({}) })
    await (await from(here, '192.0.2.7')).expect(ready)
    await here.worker.until(() => here.worker.operations('client').length === 1)
    expect(here.worker.operations('client')[0]?.head.clientAddress).toBe('192.0.2.7')
  })

  it('is refused at each recipient, and the Worker is not asked about one', async () => {
    const here = await doorScene({ client: () => ({ refusal }) })
    const smtp = await greeted(await from(here, '192.0.2.7'))
    await mail(smtp)
    expect(await smtp.say('RCPT TO:<bob@example.com>\r\n', /^550 .*\r\n/m)).toBe(
      '550-5.7.1 Client host is on a block list: bl.test\r\n550 5.7.1 why\r\n',
    )
    expect(here.worker.operations('recipient')).toHaveLength(0)
    expect(here.log).toContainEqual({
      level: 'info',
      event: 'recipient-refused',
      facts: {
        client: '192.0.2.7',
        from: 'a@example.org',
        to: 'bob@example.com',
        reply: '550 5.7.1 Client host is on a block list: bl.test why',
      },
    })
    expect(await smtp.say('DATA\r\n', /\r\n/)).toMatch(/^554 5\.5\.1/)
  })

  it.each(['postmaster@example.com', 'Postmaster', 'abuse@example.com'])(
    'may still write to %s, who can help (RFC 5321 §4.5.1)',
    async (to) => {
      const here = await doorScene({ client: () => ({ refusal }) })
      const smtp = await greeted(await from(here, '192.0.2.7'))
      await mail(smtp)
      expect(await rcpt(smtp, to)).toMatch(/^250/)
    },
  )

  it('brings what they say along with its mail', async () => {
    const here = await doorScene({ client: () => ({ junk: 'the client is on a block list: bl.test' }) })
    expect(await transaction(await greeted(await from(here, '192.0.2.7')))).toMatch(/^250/)
    const screened = { junk: 'the client is on a block list: bl.test' }
    expect(here.worker.operations('recipient')[0]?.head.origin).toMatchObject({ screened })
    expect(here.worker.operations('deliver')[0]?.head.origin).toMatchObject({ screened })
  })

  it('is waited for at its first recipient, not before', async () => {
    const answer = Promise.withResolvers<object>()
    const here = await doorScene({ client: () => answer.promise })
    const smtp = await greeted(await from(here, '192.0.2.7'))
    expect(await mail(smtp)).toMatch(/^250/)
    const reply = rcpt(smtp)
    answer.resolve({ welcome: true })
    expect(await reply).toMatch(/^250/)
    expect(here.worker.operations('recipient')[0]?.head.origin).toMatchObject({ screened: { welcome: true } })
  })

  it.each<[string, object | undefined]>([
    ['an error', { error: 'broken' }],
    ['a refusal that is a welcome', { refusal: { code: 250, text: 'ok' } }],
    ['a refusal that is none', { refusal: 'no' }],
  ])('is taken for a stranger when the answer is %s', async (_, answer) => {
    const here = await doorScene({ client: () => answer })
    expect(await transaction(await greeted(await from(here, '192.0.2.7')))).toMatch(/^250/)
  })

  it('is taken for a stranger when no answer comes in time', async () => {
    const here = await scene({ limits: { screeningMs: 20 }, listeners: { smtp: behindProxy } }, (worker) => {
      worker.door = { trusted: [], screened: true, rates }
      worker.onRequest = (request) => (request.head.op === 'client' ? undefined : accepting(request))
    })
    expect(await transaction(await greeted(await from(here, '192.0.2.7')))).toMatch(/^250/)
  })
})
