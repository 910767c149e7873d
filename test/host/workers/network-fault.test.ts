/** What stands in reports to senders is for people. */
import { expect, test } from 'vitest'
import { networkFault } from '../../../src/host/workers/network-fault.ts'

test.each([
  [new Error('internal error; reference = 6vfj2g2csmlinf6luqtuk2d1'), 'no connection'],
  [new Error('Network connection lost.'), 'Network connection lost.'],
  ['broken', 'broken'],
])('%s', (error, reason) => expect(networkFault(error).message).toBe(reason))
