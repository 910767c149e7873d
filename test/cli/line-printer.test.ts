import { describe, expect, it } from 'vitest'
import { linePrinter } from '../../src/cli/line-printer.ts'

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

describe('lines of the log', () => {
  it('of one turn leave in one write, and in order', async () => {
    const writes: string[] = []
    const print = linePrinter(
      (text) => writes.push(text),
      () => undefined,
    )
    print('one')
    print('two')
    expect(writes).toEqual([])
    await nextTurn()
    print('three')
    await nextTurn()
    expect(writes).toEqual(['one\ntwo\n', 'three\n'])
  })

  it('are printed when the process ends before the turn does', async () => {
    const writes: string[] = []
    let end: (() => void) | undefined
    const print = linePrinter(
      (text) => writes.push(text),
      (rest) => (end = rest),
    )
    print('last words')
    end?.()
    expect(writes).toEqual(['last words\n'])
    await nextTurn()
    expect(writes).toHaveLength(1)
  })
})
