import { expect, test } from 'vitest'
import { buffersPassed } from '../../../src/host/bridge/common/young-collection.ts'

const MiB = 1024 * 1024

test('buffers of what has passed are freed long before they make V8 collect the whole heap (32 MB)', () => {
  const before = process.memoryUsage().arrayBuffers
  let most = 0
  for (let count = 0; count < 256; count++) {
    Buffer.allocUnsafeSlow(MiB).fill(count)
    buffersPassed(MiB)
    most = Math.max(most, process.memoryUsage().arrayBuffers - before)
  }
  expect(most).toBeLessThan(24 * MiB)
})
