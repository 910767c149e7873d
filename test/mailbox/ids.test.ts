import { expect, test } from 'vitest'
import {
  formatBlobId,
  formatEmailId,
  parseBlobId,
  parseEmailId,
  parseMailboxId,
  parseState,
  type EmailId,
} from '../../src/mailbox/index.ts'

test('ids have one text form each and read back (RFC 8620 §1.2)', () => {
  expect(formatEmailId(12 as EmailId)).toBe('M12')
  expect(parseEmailId('M12')).toBe(12)
  for (const text of ['G7', 'U9', 'P12-0', 'P12-3']) {
    const ref = parseBlobId(text)
    expect(ref === undefined ? undefined : formatBlobId(ref)).toBe(text)
  }
  expect(parseState('0')).toBe(0)
  expect(parseState('41')).toBe(41)
})

test.each([
  '',
  'M',
  'M0',
  'M01',
  'M-1',
  'M1.5',
  'M1 ',
  ' M1',
  'm1',
  'T1',
  'M4294967295',
  'M99999999999',
  'M1\n',
  'M１',
])('refuses %j as an email id: not a form that was ever given out', (text) =>
  expect(parseEmailId(text)).toBeUndefined(),
)

test.each(['P1', 'P1-', 'P1-01', 'P0-1', 'P1-1-1', 'G', 'X1', 'G1-1'])('refuses %j as a blob id', (text) => {
  expect(parseBlobId(text)).toBeUndefined()
})

test('kinds are not mixed up', () => {
  expect(parseMailboxId('M1')).toBeUndefined()
  expect(parseState('01')).toBeUndefined()
  expect(parseState('x')).toBeUndefined()
})
