/**
 * A bounded run of the fuzzers in each test run; `npm run fuzz -- --seconds N` goes on for as long as one likes.
 */
import { expect, it } from 'vitest'
import { LoginFuzz } from './imap-login.ts'
import { SessionFuzz } from './imap-session.ts'

it.each([1, 2, 3, 4])(
  'the IMAP session answers each command once, grammatically, and without a bug (seed %d)',
  async (seed) => {
    const fuzz = new SessionFuzz(seed)
    for (let turn = 0; turn < 700; turn++) await fuzz.run()
    expect.assertions(0)
  },
)

it('the login engine takes whatever comes, and says nothing that is not IMAP (seed 1)', () => {
  const fuzz = new LoginFuzz(1)
  for (let connection = 0; connection < 500; connection++) fuzz.run()
  expect.assertions(0)
})
