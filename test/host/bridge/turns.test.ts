/** Work of which only so much is under way at a time. */
import { expect, it } from 'vitest'
import { Turns } from '../../../src/host/bridge/common/turns.ts'

it('does as much at a time as it may, the rest in order, and goes on after a failure', async () => {
  const turns = new Turns(2)
  const begun: number[] = []
  const work = [0, 1, 2, 3].map(() => Promise.withResolvers<number>())
  const results = work.map(({ promise }, number) =>
    turns.take(() => {
      begun.push(number)
      return promise
    }),
  )
  expect(begun).toEqual([0, 1])
  work[1]?.reject(new Error('lost'))
  await expect(results[1]).rejects.toThrow('lost')
  await expect.poll(() => begun).toEqual([0, 1, 2])
  for (const number of [0, 2, 3]) work[number]?.resolve(number)
  expect(await Promise.all([results[0], results[2], results[3]])).toEqual([0, 2, 3])
  expect(begun).toEqual([0, 1, 2, 3])
  expect(await turns.take(async () => 4)).toBe(4)
})
