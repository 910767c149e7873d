import { describe, expect, it } from 'vitest'
import type { MailboxDelivery, MailboxOutcome } from '../../../src/delivery/index.ts'
import { GroupCommit } from '../../../src/host/workers/group-commit.ts'

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
  const groups = new GroupCommit(object.call, (_, event, facts) => errors.push([event, facts]), limits)
  return { object, groups, errors }
}

describe('group commit', () => {
  it('calls at once for the first, and together for what came meanwhile', async () => {
    const { object, groups } = group()
    const mailbox = groups.mailbox('a1')
    const first = mailbox.deliver([mail('one')])
    await Promise.resolve()
    expect(object.batches).toEqual([['one']])
    const rest = Promise.all([mailbox.deliver([mail('two')]), groups.mailbox('a1').deliver([mail('three')])])
    await object.answer()
    expect(await first).toEqual([delivered])
    expect(object.batches).toEqual([['one'], ['two', 'three']])
    await object.answer()
    expect(await rest).toEqual([[delivered], [delivered]])
  })

  it('does not hold one account up behind another', async () => {
    const { object, groups } = group()
    void groups.mailbox('a1').deliver([mail('one')])
    void groups.mailbox('a2').deliver([mail('two')])
    await Promise.resolve()
    expect(object.batches).toEqual([['one'], ['two']])
  })

  it.each([
    ['messages', { messages: 2, bytes: 1000 }, [10, 10, 10], [['0', '1'], ['2']]],
    ['bytes', { messages: 9, bytes: 25 }, [10, 10, 10], [['0', '1'], ['2']]],
    ['bytes, with one too large for any batch', { messages: 9, bytes: 25 }, [30, 10], [['0'], ['1']]],
  ])('bounds a batch by %s', async (_, limits, sizes, batches) => {
    const { object, groups } = group(limits)
    const all = groups.mailbox('a1').deliver(sizes.map((size, index) => mail(String(index), size)))
    await Promise.resolve()
    for (let answered = 0; answered < batches.length; answered++) await object.answer()
    expect(await all).toEqual(sizes.map(() => delivered))
    expect(object.batches).toEqual(batches)
  })

  it('gives each its own outcome', async () => {
    const { object, groups } = group()
    const full: MailboxOutcome = { status: 'deferred', reply: { code: 452, text: 'full' } }
    const both = groups.mailbox('a1').deliver([mail('one'), mail('two')])
    await Promise.resolve()
    await object.answer([full, delivered])
    expect(await both).toEqual([full, delivered])
  })

  it.each([
    ['a call that fails', new Error('overloaded')],
    ['an answer that is too short', []],
  ])('defers for %s, and goes on', async (_, answer) => {
    const { object, groups } = group()
    const mailbox = groups.mailbox('a1')
    const failed = mailbox.deliver([mail('one')])
    await Promise.resolve()
    await object.answer(answer)
    expect(await failed).toMatchObject([{ status: 'deferred', reply: { code: 451, enhanced: '4.3.0' } }])
    const next = mailbox.deliver([mail('two')])
    await Promise.resolve()
    await object.answer()
    expect(await next).toEqual([delivered])
  })
})
