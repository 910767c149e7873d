import { describe, expect, it } from 'vitest'
import type { MailboxDelivery, MailboxOutcome } from '../../../src/delivery/index.ts'
import { groupedMailboxes, groupedQueues } from '../../../src/host/workers/grouped-calls.ts'
import type { NewEntry } from '../../../src/queue/index.ts'

const delivered: MailboxOutcome = { status: 'delivered' }

function mail(recipient: string, size = 10): MailboxDelivery {
  return { raw: new Uint8Array(size), reversePath: '', recipient }
}

/** An object that answers when told to. */
class SlowObject {
  readonly batches: string[][] = []
  readonly #answers: ((outcomes: MailboxOutcome[] | Error) => void)[] = []

  readonly call = (_: string, batch: MailboxDelivery[]): Promise<MailboxOutcome[]> => {
    this.batches.push(batch.map(({ recipient }) => recipient))
    return new Promise((resolve, reject) => {
      this.#answers.push((outcomes) => (outcomes instanceof Error ? reject(outcomes) : resolve(outcomes)))
    })
  }

  async answer(outcomes?: MailboxOutcome[] | Error): Promise<void> {
    const batch = this.batches[this.batches.length - this.#answers.length] as string[]
    this.#answers.shift()?.(outcomes ?? batch.map(() => delivered))
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
}

function group(limits?: { messages: number; bytes: number }) {
  const object = new SlowObject()
  const errors: unknown[] = []
  const mailbox = groupedMailboxes(object.call, (_, event, facts) => errors.push([event, facts]), limits)
  return { object, mailbox, errors }
}

describe('group commit', () => {
  it('calls at once for the first, and together for what came meanwhile', async () => {
    const { object, mailbox } = group()
    const alice = mailbox('a1')
    const first = alice.deliver([mail('one')])
    await Promise.resolve()
    expect(object.batches).toEqual([['one']])
    const rest = Promise.all([alice.deliver([mail('two')]), mailbox('a1').deliver([mail('three')])])
    await object.answer()
    expect(await first).toEqual([delivered])
    expect(object.batches).toEqual([['one'], ['two', 'three']])
    await object.answer()
    expect(await rest).toEqual([[delivered], [delivered]])
  })

  it('does not hold one account up behind another', async () => {
    const { object, mailbox } = group()
    void mailbox('a1').deliver([mail('one')])
    void mailbox('a2').deliver([mail('two')])
    await Promise.resolve()
    expect(object.batches).toEqual([['one'], ['two']])
  })

  it.each([
    ['messages', { messages: 2, bytes: 1000 }, [10, 10, 10], [['0', '1'], ['2']]],
    ['bytes', { messages: 9, bytes: 25 }, [10, 10, 10], [['0', '1'], ['2']]],
    ['bytes, with one too large for any batch', { messages: 9, bytes: 25 }, [30, 10], [['0'], ['1']]],
  ])('bounds a batch by %s', async (_, limits, sizes, batches) => {
    const { object, mailbox } = group(limits)
    const all = mailbox('a1').deliver(sizes.map((size, index) => mail(String(index), size)))
    await Promise.resolve()
    for (let answered = 0; answered < batches.length; answered++) await object.answer()
    expect(await all).toEqual(sizes.map(() => delivered))
    expect(object.batches).toEqual(batches)
  })

  it('gives each its own outcome', async () => {
    const { object, mailbox } = group()
    const full: MailboxOutcome = { status: 'deferred', reply: { code: 452, text: 'full' } }
    const both = mailbox('a1').deliver([mail('one'), mail('two')])
    await Promise.resolve()
    await object.answer([full, delivered])
    expect(await both).toEqual([full, delivered])
  })

  it.each([
    ['a call that fails', new Error('overloaded')],
    ['an answer that is too short', []],
  ])('defers for %s, and goes on', async (_, answer) => {
    const { object, mailbox } = group()
    const alice = mailbox('a1')
    const failed = alice.deliver([mail('one')])
    await Promise.resolve()
    await object.answer(answer)
    expect(await failed).toMatchObject([{ status: 'deferred', reply: { code: 451, enhanced: '4.3.0' } }])
    const next = alice.deliver([mail('two')])
    await Promise.resolve()
    await object.answer()
    expect(await next).toEqual([delivered])
  })

  it('tells the sender of each message whether a queue took it', async () => {
    const batches: string[][] = []
    const errors: unknown[] = []
    const enqueue = groupedQueues(
      async (_, batch) => {
        batches.push(batch.map(({ domain }) => domain))
        return batch.map(({ domain }) => (domain === 'full.test' ? null : { id: domain }))
      },
      (_, event) => errors.push(event),
    )
    const taken = enqueue('q', entry('there.test'))
    const refused = enqueue('q', entry('full.test'))
    await expect(refused).rejects.toThrow('does not take mail for full.test')
    expect(await taken).toEqual({ id: 'there.test' })
    expect(batches).toEqual([['there.test', 'full.test']])
    expect(errors).toEqual([])
  })
})

function entry(domain: string): NewEntry {
  return {
    domain,
    envelope: { reversePath: '', recipients: [], smtputf8: false, body: '7BIT' },
    raw: new Uint8Array(1),
  }
}
