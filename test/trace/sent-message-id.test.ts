/** Under which programs know a message that was sent; ids come back from clients. */
import { expect, test } from 'vitest'
import { formatSentMessageId, parseSentMessageId, type SentMessageId } from '../../src/trace/index.ts'

test.each<[string, SentMessageId]>([
  ['by the API or JMAP', { accountId: 'a1b2', transactionId: 'k3m4n5p6q7r8s9t0' }],
  ['held for later', { accountId: 'a1b2', transactionId: 'k3m4n5p6q7r8s9t0', submission: 'S12' }],
  ['by SMTP, whose connections number their messages', { accountId: 'a1b2', transactionId: '1rt0l2g1b1b0ah-3' }],
  ['by SMTP and held', { accountId: 'a1b2', transactionId: '1rt0l2g1b1b0ah-3', submission: 'S1' }],
])('%s', (_, id) => expect(parseSentMessageId(formatSentMessageId(id))).toEqual({ submission: undefined, ...id }))

test.each([
  '',
  'a1',
  'a1-short',
  'b1-k3m4n5p6q7',
  'a1-k3m4n5p6q7-S0',
  'a1-k3m4n5p6q7-',
  'a1-k3m4n5p6q7-S1-2',
  'a1-../../x1234567',
])('nothing is named by "%s"', (text) => expect(parseSentMessageId(text)).toBeUndefined())
