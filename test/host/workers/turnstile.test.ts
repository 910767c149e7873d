import { describe, expect, it } from 'vitest'
import { Turnstile } from '../../../src/host/workers/turnstile.ts'

/** Work that is over when told. */
class Work {
  readonly begun: string[] = []
  readonly #over = new Map<string, (fails: boolean) => void>()

  do(name: string): () => Promise<string> {
    return () => {
      this.begun.push(name)
      return new Promise((resolve, reject) => {
        this.#over.set(name, (fails) => (fails ? reject(new Error(name)) : resolve(name)))
      })
    }
  }

  async end(name: string, fails = false): Promise<void> {
    this.#over.get(name)?.(fails)
    await new Promise((resolve) => setTimeout(resolve, 0))
  }
}

describe('a turnstile', () => {
  it('lets so many in at once, the others in the order in which they came', async () => {
    const turnstile = new Turnstile(2)
    const work = new Work()
    const all = Promise.all(['a', 'b', 'c', 'd'].map((name) => turnstile.pass(work.do(name))))
    expect(work.begun).toEqual(['a', 'b'])
    await work.end('b')
    expect(work.begun).toEqual(['a', 'b', 'c'])
    for (const name of ['a', 'c', 'd']) await work.end(name)
    expect(await all).toEqual(['a', 'b', 'c', 'd'])
  })

  it('gives the place of what fails to the next, too', async () => {
    const turnstile = new Turnstile(1)
    const work = new Work()
    const failing = expect(turnstile.pass(work.do('a'))).rejects.toThrow('a')
    const next = turnstile.pass(work.do('b'))
    await work.end('a', true)
    await failing
    await work.end('b')
    expect(await next).toBe('b')
    void turnstile.pass(work.do('c'))
    expect(work.begun).toEqual(['a', 'b', 'c'])
  })
})
