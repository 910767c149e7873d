/**
 * Events of mail that goes out, from the queues that bring it to the program that hears of it: two queues on virtual time, the
 * announcer between them, and a receiver that verifies as programs do.
 */
import { Webhook as Receiver } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from '../../src/format/index.ts'
import { VirtualClock } from '../../src/host/memory/clock.ts'
import { seededRandom } from '../../src/host/memory/random.ts'
import { memorySql } from '../../src/host/memory/sql.ts'
import type { Watch } from '../../src/protocol/smtp/index.ts'
import {
  defaultQueueOptions,
  type DeliveryAgent,
  Queue,
  type QueuePorts,
  type RecipientOutcome,
  SpoolStore,
} from '../../src/queue/index.ts'
import { type OutgoingEvent, outgoingEvents, type Webhook } from '../../src/routing/index.ts'
import { Announcer, WebhookAgent, watchOf } from '../../src/webhooks/index.ts'

const minute = 60_000
const hour = 60 * minute
const secret = `whsec_${btoa('a key of thirty-two octets in all')}`
const webhookDomain = 'crm.facteur.test.webhook.invalid'
const watching = { domain: 'facteur.test', name: 'crm', events: outgoingEvents }

interface Heard {
  id: string
  at: number
  type: string
  timestamp: string
  data: { id: string; recipient?: string; attempts?: number } & Record<string, unknown>
}

class World {
  readonly clock = new VirtualClock()
  readonly heard: Heard[] = []
  readonly #queues = new Map<string, Queue>()
  readonly #stores = new Map<string, SpoolStore>()
  readonly #random = seededRandom()
  /** What the receiver answers; an error is no answer. */
  receive: (event: Heard) => number | Error = () => 204
  /** What the servers of the others answer. */
  answer: (recipient: string) => Omit<RecipientOutcome, 'recipient' | 'at'> = () => ({
    status: 'delivered',
    reply: { code: 250, enhanced: '2.0.0', text: 'Ok' },
    remoteMta: 'mx.there.test',
  })
  readonly announcer = new Announcer({
    queue: (domain) => ({ enqueue: async (entry) => this.queue(domain).enqueue(entry) }),
    digest: async (text) => {
      const digest = await crypto.subtle.digest('SHA-256', encodeUtf8(text))
      return Array.from(new Uint8Array(digest, 0, 16), (octet) => octet.toString(16).padStart(2, '0')).join('')
    },
  })
  readonly #webhook: Webhook = {
    name: 'crm',
    url: 'https://crm.test/hook',
    secrets: [{ secret, created: 1 }],
    created: 1,
    keep: 0,
    events: outgoingEvents,
  }

  queue(domain: string): Queue {
    const known = this.#queues.get(domain)
    if (known !== undefined) return known
    const store = this.#stores.get(domain) ?? new SpoolStore(memorySql())
    this.#stores.set(domain, store)
    const ports: QueuePorts = {
      store,
      clock: this.clock.now,
      random: this.#random,
      agent: domain === webhookDomain ? this.#program() : this.#others(),
      report: async () => ({ code: 250, text: 'Ok' }),
      announce: (announcement) => this.announcer.news(announcement),
      options: {
        ...defaultQueueOptions,
        hostname: 'mx.facteur.test',
        reportFrom: { address: 'mailer-daemon@facteur.test' },
      },
    }
    const queue = new Queue(ports)
    this.#queues.set(domain, queue)
    return queue
  }

  #others(): DeliveryAgent {
    return {
      deliver: async ({ envelope }) =>
        envelope.recipients.map(({ address }) => ({
          recipient: address,
          at: this.clock.now(),
          ...this.answer(address),
        })),
    }
  }

  #program(): DeliveryAgent {
    return new WebhookAgent('crm', {
      find: async () => this.#webhook,
      stop: async () => undefined,
      post: async (_url, headers, body) => {
        const at = this.clock.now()
        const event = JSON.parse(body) as Heard
        expect(() => verified(body, headers, at)).not.toThrow()
        const answer = this.receive({ ...event, id: headers['webhook-id'] as string, at })
        if (answer instanceof Error) throw answer
        if (answer < 300) this.heard.push({ ...event, id: headers['webhook-id'] as string, at })
        return answer
      },
      crypto: crypto.subtle,
      clock: this.clock.now,
      authservId: 'mx.facteur.test',
    })
  }

  /** A message of alice's, as arrival takes it. */
  async send(id: string, recipients: readonly string[], events: readonly OutgoingEvent[] = outgoingEvents) {
    const watch = watchOf('facteur.test', [{ name: 'crm', events }], {
      id,
      sender: 'alice@facteur.test',
      messageId: `${id}@facteur.test`,
    }) as Watch
    await this.announcer.accepted(watch, id, { at: this.clock.now(), recipients, size: 100, subject: 'Hello' })
    for (const [domain, own] of Map.groupBy(recipients, (address) => address.slice(address.indexOf('@') + 1))) {
      this.queue(domain).enqueue({
        domain,
        raw: encodeUtf8('Subject: Hello\r\n\r\nHello'),
        envelope: {
          reversePath: 'alice@facteur.test',
          recipients: own.map((address) => ({ address })),
          smtputf8: false,
          body: '7BIT',
          transactionId: id,
          watch,
        },
      })
    }
  }

  /** Lets time pass; each queue runs when its alarm would ring. */
  async runUntil(until: number): Promise<void> {
    for (;;) {
      const next = [...this.#queues.values()]
        .map((queue) => ({ queue, at: queue.nextWakeup() ?? Infinity }))
        .reduce((one, other) => (other.at < one.at ? other : one))
      if (next.at > until) break
      this.clock.moveTo(next.at)
      await next.queue.run()
    }
    this.clock.moveTo(until)
  }

  of(id: string): string[] {
    return this.heard
      .filter(({ data }) => data.id === id)
      .map(({ type, data }) => [type.replace('message.', ''), data.recipient, data.attempts].filter(Boolean).join(' '))
  }
}

/** As receivers do it; the package looks at the clock of this machine, so it is told the time of the story. */
function verified(body: string, headers: Record<string, string>, now: number): void {
  const real = Date.now
  Date.now = () => now
  try {
    new Receiver(secret).verify(body, headers)
  } finally {
    Date.now = real
  }
}

describe('a program hears what becomes of mail that was sent', () => {
  test("and not where an alias leads, though it is another domain's, and servers name it", async () => {
    const world = new World()
    const watch = { id: 'm1', sender: 'alice@facteur.test', webhooks: [watching] }
    const said = { enhanced: '5.1.1', reply: '550 5.1.1 <carol@hidden.test> is unknown', cause: 'hidden.test says so' }
    const outcome = { status: 'bounced', at: 1, remoteMta: 'mx.hidden.test', ...said } as const
    const recipients = ['team@there.test', 'Carol@HIDDEN.test']
    const news = [
      { recipients, address: 'carol@hidden.test', status: 'bounced', attempts: 1, outcome, mark: 'x' } as const,
    ]
    const envelope = { reversePath: 'alice@facteur.test', smtputf8: false, body: '7BIT', watch } as const
    await world.announcer.news({ domain: 'hidden.test', envelope, news })
    await world.runUntil(world.clock.now() + minute)
    const about = Object.fromEntries(world.heard.map(({ data }) => [data.recipient, data]))
    expect(about['team@there.test']).toMatchObject({ status: '5.1.1', reply: '550 5.1.1', attempts: 1 })
    expect(JSON.stringify(about['team@there.test'])).not.toContain('hidden')
    expect(about['Carol@HIDDEN.test']).toMatchObject({ reply: said.reply, cause: said.cause, host: 'mx.hidden.test' })
  })

  test('in text that any program reads, though what a server said was cut in the middle of a character', async () => {
    const world = new World()
    const text = `${'x'.repeat(989)}😀`
    world.answer = () => ({
      status: 'bounced',
      reply: { code: 550, enhanced: '5.1.1', text },
      remoteMta: 'mx.there.test',
    })
    await world.send('m1', ['x@there.test'], ['bounced'])
    await world.runUntil(world.clock.now() + minute)
    expect(world.heard[0]?.data['reply']).toMatch(/^550 5\.1\.1 x{989}\ufffd$/)
  })

  test('accepted, put off, delivered: with the words of who answered', async () => {
    const world = new World()
    let attempts = 0
    world.answer = () =>
      ++attempts === 1
        ? { status: 'deferred', reply: { code: 451, enhanced: '4.7.1', text: 'Greylisted' } }
        : {
            status: 'delivered',
            reply: { code: 250, enhanced: '2.0.0', text: 'Ok' },
            remoteMta: 'mx.there.test',
            tls: { version: 'TLSv1.3' },
          }
    await world.send('m1', ['x@there.test'])
    await world.runUntil(world.clock.now() + hour)
    expect(world.heard).toMatchObject([
      {
        type: 'message.accepted',
        data: {
          id: 'm1',
          messageId: '<m1@facteur.test>',
          sender: 'alice@facteur.test',
          recipients: ['x@there.test'],
          subject: 'Hello',
          size: 100,
        },
      },
      {
        type: 'message.deferred',
        data: {
          id: 'm1',
          sender: 'alice@facteur.test',
          recipient: 'x@there.test',
          attempts: 1,
          status: '4.7.1',
          reply: '451 4.7.1 Greylisted',
          nextAttempt: expect.stringMatching(/^2026-11-23T08:0[23]:/) as string,
        },
      },
      {
        type: 'message.delivered',
        data: {
          recipient: 'x@there.test',
          attempts: 2,
          status: '2.0.0',
          host: 'mx.there.test',
          tls: 'TLSv1.3',
          isFinal: false,
        },
      },
    ])
  })

  test('while it is down for an hour everything waits, then comes in order for each message, and no two with one id', async () => {
    const world = new World()
    const back = world.clock.now() + hour
    const bodies = new Map<string, Set<string>>()
    let [attempts, asked] = [0, 0]
    world.receive = (event) => {
      const known = bodies.get(event.id) ?? new Set()
      bodies.set(event.id, known.add(JSON.stringify([event.type, event.timestamp, event.data])))
      if (world.clock.now() < back) return new Error('connection refused')
      // Back, and not yet well: one in three is put off.
      return ++asked % 3 === 0 ? 429 : 204
    }
    // The servers of the others are in a bad hour, too.
    world.answer = (recipient) =>
      recipient.startsWith('gone')
        ? { status: 'bounced', reply: { code: 550, enhanced: '5.1.1', text: 'No such user' } }
        : attempts++ % 3 < 2
          ? { status: 'deferred', enhanced: '4.2.0', diagnostic: 'busy' }
          : { status: 'delivered' }
    for (let number = 0; number < 20; number++) {
      const here = number % 2 === 0 ? ['x@there.test', 'y@there.test'] : ['x@there.test', 'gone@elsewhere.test']
      await world.send(`m${number}`, here)
      await world.runUntil(world.clock.now() + 2 * minute)
    }
    expect(world.heard).toEqual([])
    await world.runUntil(world.clock.now() + 24 * hour)
    for (let number = 0; number < 20; number++) {
      const heard = world.of(`m${number}`)
      expect(heard[0]).toBe('accepted')
      for (const recipient of ['x@there.test', number % 2 === 0 ? 'y@there.test' : 'gone@elsewhere.test']) {
        const own = heard.filter((line) => line.includes(recipient))
        const attemptsInOrder = own.map((line) => Number(line.split(' ').at(-1)))
        expect(attemptsInOrder).toEqual(attemptsInOrder.map((_, index) => index + 1))
        expect(own.at(-1)).toMatch(recipient.startsWith('gone') ? /^bounced/ : /^delivered/)
        expect(own.slice(0, -1).every((line) => line.startsWith('deferred'))).toBe(true)
      }
    }
    // Each id stands for one event, and each event came once.
    expect([...bodies.values()].every((known) => known.size === 1)).toBe(true)
    expect(world.heard.map(({ id }) => id)).toHaveLength(bodies.size)
    expect(new Set(world.heard.map(({ id }) => id)).size).toBe(bodies.size)
    // What happened first was told first: times within a message never go back.
    for (const own of Map.groupBy(world.heard, ({ data }) => data.id).values()) {
      const times = own.map(({ timestamp }) => Date.parse(timestamp))
      expect(times).toEqual(times.toSorted((one, other) => one - other))
    }
  })

  test('one event that is refused holds up those of its message alone', async () => {
    const world = new World()
    world.receive = ({ data, type }) => (data.id === 'm1' && type === 'message.accepted' ? 422 : 204)
    await world.send('m1', ['x@there.test'])
    await world.send('m2', ['x@there.test'])
    await world.runUntil(world.clock.now() + hour)
    expect([world.of('m1'), world.of('m2')]).toEqual([[], ['accepted', 'delivered x@there.test 1']])
    // What it never takes is frozen for the operator, and lets the others pass.
    await world.runUntil(world.clock.now() + 3 * 24 * hour)
    expect(world.of('m1')).toEqual(['delivered x@there.test 1'])
    const [letter] = world.queue(webhookDomain).list({ status: 'frozen' })
    world.receive = () => 204
    world.queue(webhookDomain).release(letter?.id ?? '')
    await world.runUntil(world.clock.now() + hour)
    expect(world.of('m1')).toEqual(['delivered x@there.test 1', 'accepted'])
  })

  test('of what it does not want to hear it is told nothing', async () => {
    const world = new World()
    await world.send('m1', ['x@there.test'], ['bounced', 'complained'])
    await world.runUntil(world.clock.now() + hour)
    expect(world.heard).toEqual([])
    expect(world.queue(webhookDomain).size).toBe(0)
  })
})
