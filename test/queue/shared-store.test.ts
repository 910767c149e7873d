import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/host/memory/clock.ts'
import { memorySql } from '../../src/host/memory/sql.ts'
import { defaultQueueOptions, type NewEntry, Queue, type RecipientOutcome, SpoolStore } from '../../src/queue/index.ts'

type Status = RecipientOutcome['status']

/** Queues of several domains on one store. */
class SharedStage {
  readonly sql = memorySql()
  readonly clock = new VirtualClock()
  readonly status = new Map<string, Status>()
  store = new SpoolStore(this.sql)
  /** Ends are written when told. */
  readonly #moments: (() => void)[] = []

  queue(domain: string): Queue {
    const { clock, store } = this
    return new Queue({
      store,
      domain,
      clock: clock.now,
      random: () => 0.5,
      agent: {
        deliver: async ({ envelope }) =>
          envelope.recipients.map(({ address }) => ({
            recipient: address,
            status: this.status.get(domain) ?? 'delivered',
            at: clock.now(),
          })),
      },
      report: async () => ({ code: 250, text: 'Ok' }),
      linger: () => new Promise((resolve) => this.#moments.push(resolve)),
      options: { ...defaultQueueOptions, hostname: 'mx.here.test', reportFrom: { address: 'd@here.test' } },
    })
  }

  /** Domains of the entries on disk. */
  get onDisk(): string[] {
    const rows = this.sql.exec<{ domain: string }>('SELECT domain FROM entry ORDER BY domain').toArray()
    return rows.map(({ domain }) => domain)
  }

  moment(): void {
    for (const over of this.#moments.splice(0)) over()
  }

  nextLife(): void {
    this.store = new SpoolStore(this.sql)
  }
}

function mail(domain: string): NewEntry {
  const recipients = [{ address: `x@${domain}` }]
  const envelope = { reversePath: 'a@here.test', recipients, smtputf8: false, body: '7BIT' } as const
  return { domain, envelope, raw: new Uint8Array(10) }
}

describe('queues that share their tables', () => {
  it('have no two entries of one id', () => {
    const stage = new SharedStage()
    const ids = ['a.test', 'b.test'].map((domain) => stage.queue(domain).enqueue(mail(domain)).id)
    expect(new Set(ids).size).toBe(2)
  })

  it('write down what is over with the next message of whichever of them', async () => {
    const stage = new SharedStage()
    const [a, b] = [stage.queue('a.test'), stage.queue('b.test')]
    a.enqueue(mail('a.test'))
    const running = a.run()
    await new Promise((resolve) => setImmediate(resolve))
    expect(stage.onDisk).toEqual(['a.test'])
    b.enqueue(mail('b.test'))
    expect(stage.onDisk).toEqual(['b.test'])
    stage.moment()
    await running
  })

  it('know of their own entries only', () => {
    const stage = new SharedStage()
    const [a, b] = [stage.queue('a.test'), stage.queue('b.test')]
    const { id } = a.enqueue({ ...mail('a.test'), notBefore: stage.clock.now() + 1_000 })
    expect([b.show(id), b.list(), b.summary().waiting, b.delete({}), b.size]).toEqual([undefined, [], 0, 0, 0])
    expect([a.show(id)?.id, a.list().length, a.summary().waiting]).toEqual([id, 1, 1])
  })

  it('have limits and memos each of its own', () => {
    const stage = new SharedStage()
    const [a, b] = [stage.queue('a.test'), stage.queue('b.test')]
    a.setLimits({ concurrency: 1 })
    b.setMemo('tls', 'b')
    expect([a.limits, b.limits, a.memo('tls'), b.memo('tls')]).toEqual([{ concurrency: 1 }, {}, undefined, 'b'])
  })

  it('are found again by the next life, which attempts what the last one had taken on', async () => {
    const stage = new SharedStage()
    stage.queue('a.test').enqueue(mail('a.test'))
    stage.queue('b.test').setMemo('tls', 'b')
    stage.nextLife()
    expect(stage.store.domains()).toEqual(new Set(['a.test', 'b.test']))
    const [a, b] = [stage.queue('a.test'), stage.queue('b.test')]
    expect([a.size, b.size, a.nextWakeup(), b.nextWakeup()]).toEqual([1, 0, stage.clock.now(), undefined])
    const { id } = b.enqueue(mail('b.test'))
    expect(a.list()[0]?.id).not.toBe(id)
  })
})
