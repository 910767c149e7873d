import { describe, expect, test } from 'vitest'
import { junkReason } from '../../src/delivery/junk-reason.ts'
import { encodeUtf8, parseHeader } from '../../src/format/index.ts'

const results = (id: string, policy: string, reason = '"it failed"') =>
  `Authentication-Results: ${id}; spf=none; dmarc=fail reason=${reason} header.from=a.test policy.dmarc=${policy}\r\n`
const received = 'Received: by mx.facteur.test; Mon, 23 Nov 2026 08:00:00 +0000\r\n'
const reasonIn = (fields: string) => junkReason(parseHeader(encodeUtf8(`${fields}\r\n`)).header, 'MX.facteur.test')

describe('what waited says on its top that it is junk', () => {
  test.each([
    ['in our name', results('mx.facteur.test', 'quarantine') + received],
    ['in any case', results('Mx.FACTEUR.test', 'quarantine') + received],
    [
      'below what an alias left',
      `Delivered-To: all@facteur.test\r\n${results('mx.facteur.test', 'quarantine')}${received}`,
    ],
    [
      'below the results of others',
      results('other.test', 'none') + results('mx.facteur.test', 'quarantine') + received,
    ],
  ])('%s', (_, fields) => expect(reasonIn(fields)).toBe('it failed'))

  test.each([
    ['nothing', received],
    ['another policy', results('mx.facteur.test', 'none') + received],
    ['another name', results('other.test', 'quarantine') + received],
    ['below Received, where anybody could have written it', received + results('mx.facteur.test', 'quarantine')],
    ['no grammar', `Authentication-Results: mx.facteur.test; dmarc\r\n${received}`],
  ])('not with %s', (_, fields) => expect(reasonIn(fields)).toBeUndefined())

  test('without a reason it has one', () => {
    expect(reasonIn(`Authentication-Results: mx.facteur.test; dmarc=fail policy.dmarc=quarantine\r\n`)).toBe('DMARC')
  })
})
