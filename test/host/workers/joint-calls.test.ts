import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { JointCalls } from '../../../src/host/workers/joint-calls.ts'

/** An object that answers when told to, each item in capitals. */
class SlowObject {
  readonly batches: string[][] = []
  readonly held: Promise<unknown>[] = []
  readonly #answers: ((outcomes?: string[] | Error) => void)[] = []
  readonly joint = new JointCalls<string, string>(
    {
      call: (name, batch) => this.#call(name, batch),
      sizeOf: (item) => item.length,
      hold: (work) => this.held.push(work),
      clock: Date.now,
    },
    { messages: 4, bytes: 100 },
  )

  #call(name: string, batch: string[]): Promise<string[]> {
    this.batches.push(batch)
    return new Promise((resolve, reject) => {
      this.#answers.push((outcomes = batch.map((item) => `${name}: ${item.toUpperCase()}`)) =>
        outcomes instanceof Error ? reject(outcomes) : resolve(outcomes),
      )
    })
  }

  /** The oldest call that is under way is answered, and everybody has a look. */
  async answer(outcomes?: string[] | Error): Promise<void> {
    this.#answers.shift()?.(outcomes)
    await vi.advanceTimersByTimeAsync(2)
  }
}

let object: SlowObject
const enter = (item: string) => object.joint.enter('a', item)

beforeEach(() => {
  vi.useFakeTimers()
  object = new SlowObject()
})
afterEach(() => vi.useRealTimers())

describe('joint calls', () => {
  it('are made at once by who comes alone, without a timer', async () => {
    const only = enter('one')
    expect(object.batches).toEqual([['one']])
    expect(vi.getTimerCount()).toBe(0)
    await object.answer()
    expect(await only).toBe('a: ONE')
    const next = enter('two')
    expect(object.batches).toEqual([['one'], ['two']])
    await object.answer()
    expect(await next).toBe('a: TWO')
  })

  it('take along all that came while one was under way, and each hears its own outcome', async () => {
    const all = ['one', 'two', 'three', 'four'].map(enter)
    await object.answer()
    expect(object.batches).toEqual([['one'], ['two', 'three', 'four']])
    await object.answer()
    expect(await Promise.all(all)).toEqual(['a: ONE', 'a: TWO', 'a: THREE', 'a: FOUR'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('to one object do not wait for those to another', () => {
    void enter('one')
    void object.joint.enter('b', 'two')
    expect(object.batches).toEqual([['one'], ['two']])
  })

  it('are made beside one that takes longer than a moment', async () => {
    const slow = enter('slow')
    const [two, three] = [enter('two'), enter('three')]
    await vi.advanceTimersByTimeAsync(9)
    expect(object.batches).toEqual([['slow']])
    await vi.advanceTimersByTimeAsync(1)
    expect(object.batches).toEqual([['slow'], ['two', 'three']])
    await object.answer()
    await object.answer()
    expect(await Promise.all([slow, two, three])).toEqual(['a: SLOW', 'a: TWO', 'a: THREE'])
  })

  it('do not wait at all for one that is slow', async () => {
    void enter('slow')
    await vi.advanceTimersByTimeAsync(100)
    void enter('two')
    expect(object.batches).toEqual([['slow'], ['two']])
  })

  it('have bounds: the rest goes in the next, and who makes a call is in it', async () => {
    const all = ['one', 'two', 'three', 'four', 'five', 'six'].map(enter)
    await vi.advanceTimersByTimeAsync(10)
    expect(object.batches).toEqual([['one'], ['two', 'three', 'four', 'five'], ['six']])
    for (let call = 0; call < 3; call++) await object.answer()
    expect(await Promise.all(all)).toHaveLength(6)
    const large = ['x'.repeat(90), 'y'.repeat(90)].map(enter)
    await object.answer()
    await object.answer()
    expect(await Promise.all(large)).toHaveLength(2)
    expect(object.batches.slice(3).map(({ length }) => length)).toEqual([1, 1])
  })

  it('that fail, fail for those in them and for nobody else', async () => {
    const heard = Promise.allSettled(['one', 'two', 'three'].map(enter))
    await object.answer()
    await object.answer(new Error('the object is gone'))
    const later = enter('four')
    await object.answer()
    expect((await heard).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(await later).toBe('a: FOUR')
  })

  it('that are answered short fail for those without an outcome', async () => {
    const heard = Promise.allSettled(['one', 'two', 'three'].map(enter))
    await object.answer()
    await object.answer(['a: TWO'])
    expect((await heard).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
  })

  it('keep each request alive until its outcome, whether or not its client waits', async () => {
    const heard = Promise.allSettled(['one', 'two'].map(enter))
    expect(object.held).toHaveLength(2)
    await object.answer()
    await object.answer(new Error('the object is gone'))
    await heard
    expect(await Promise.all(object.held)).toEqual(['a: ONE', undefined])
  })

  it('that never end are given up by those who did not make them, and hold up nobody', async () => {
    void enter('one')
    const [, three] = [enter('two'), enter('three')]
    const heard = expect(three).rejects.toThrow('a does not answer')
    await object.answer()
    expect(object.batches).toEqual([['one'], ['two', 'three']])
    await vi.advanceTimersByTimeAsync(120_010)
    await heard
    const later = enter('four')
    await object.answer()
    await object.answer()
    expect(await later).toBe('a: FOUR')
  })
})
