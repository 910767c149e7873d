import { describe, expect, test } from 'vitest'
import { parseHeader } from '../../../src/format/index.ts'
import { compile, type Condition, type MessageFacts, Reading } from '../../../src/routing/rules/index.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const { header } = parseHeader(
  bytes(
    'From: a@b.test\r\nSubject: =?utf-8?q?Rechnung_f=C3=BCr_M=C3=A4rz?=\r\nList-Id: Fish\r\n <fish.b.test>\r\n\r\n',
  ),
)
const message: MessageFacts = {
  sender: 'Eve@Outside.test',
  source: 'smtp',
  header,
  size: 1_000,
  authentication: { spf: 'pass', dkim: 'none', dmarc: 'fail' },
}
const address = { recipient: 'info', subaddress: 'shop' }
const atRcpt: MessageFacts = { sender: 'eve@outside.test', source: 'smtp' }

const holds = (condition: Condition, facts = message) => compile(condition)(address, new Reading(facts))

describe('a condition on', () => {
  test.each<[string, Condition, boolean]>([
    ['nothing', {}, true],
    ['the recipient', { recipient: 'info' }, true],
    ['the recipient, which is another', { recipient: 'info+shop' }, false],
    ['a pattern of recipients', { recipient: 'in*' }, true],
    ['the subaddress (RFC 5233)', { subaddress: 'sh?p' }, true],
    ['that there is no subaddress', { subaddress: '' }, false],
    ['the sender, in any case', { sender: 'eve@outside.test' }, true],
    ['the sender’s domain', { sender: '*@outside.test' }, true],
    ['the null sender (RFC 5321 §4.5.5)', { sender: '<>' }, false],
    ['a field that is there', { header: { name: 'list-id' } }, true],
    ['a field that is not there', { header: { name: 'X-Spam' } }, false],
    ['a field’s decoded value (RFC 2047)', { header: { name: 'Subject', value: '*für märz' } }, true],
    ['a folded value (RFC 5322 §2.2.3)', { header: { name: 'List-Id', value: 'fish <fish.b.test>' } }, true],
    ['the size, which is more', { size: { over: 999 } }, true],
    ['the size, which is not more', { size: { over: 1_000 } }, false],
    ['the size, which is between', { size: { over: 10, under: 1_001 } }, true],
    ['a result of verification', { authentication: { dmarc: ['fail', 'none'] } }, true],
    ['two results, of which one is another', { authentication: { dmarc: ['fail'], spf: ['fail'] } }, false],
    ['the door', { source: ['email-routing', 'smtp'] }, true],
    ['another door', { source: ['submission'] }, false],
    ['two things, of which one is not so', { recipient: 'info', sender: '<>' }, false],
    ['all of several', { all: [{ recipient: 'info' }, { sender: '*' }] }, true],
    ['any of several', { any: [{ recipient: 'sales' }, { sender: '*@outside.test' }] }, true],
    ['none of several', { any: [{ recipient: 'sales' }, { sender: '<>' }] }, false],
    ['what is not so', { not: { recipient: 'sales' } }, true],
    ['what is not so, together with something else', { recipient: 'info', not: { sender: '*@outside.test' } }, false],
  ])('%s', (_, condition, expected) => expect(holds(condition)).toBe(expected))
})

describe('at RCPT, where the header is not known,', () => {
  const unknown: Condition = { header: { name: 'Subject', value: '*' } }
  test.each<[string, Condition, boolean | undefined]>([
    ['a condition on it is open', unknown, undefined],
    ['so is its contrary', { not: unknown }, undefined],
    ['together with what is not so it does not hold', { all: [unknown, { recipient: 'sales' }] }, false],
    ['together with what is so it is open', { all: [unknown, { recipient: 'info' }] }, undefined],
    ['beside what is so it holds', { any: [unknown, { recipient: 'info' }] }, true],
    ['beside what is not so it is open', { any: [{ recipient: 'sales' }, unknown] }, undefined],
    [
      'size and verification are open too',
      { any: [{ size: { over: 1 } }, { authentication: { spf: ['pass'] } }] },
      undefined,
    ],
  ])('%s', (_, condition, expected) => expect(holds(condition, atRcpt)).toBe(expected))
})
