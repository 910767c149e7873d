/**
 * A bounded run of the fuzzers in each test run; `npm run fuzz -- --seconds N` goes on for as long as one likes.
 */
import { expect, it } from 'vitest'
import { SessionFuzz } from './imap-session.ts'

it.each([1, 2, 3, 4])(
  'the IMAP session answers each command once, grammatically, and without a bug (seed %d)',
  async (seed) => {
    const fuzz = new SessionFuzz(seed)
    for (let turn = 0; turn < 700; turn++) await fuzz.run()
    expect.assertions(0)
  },
)
