import { describe, expect, test } from 'vitest'
import { encodeUtf8, parseHeader } from '../../src/format/index.ts'
import { reportSender } from '../../src/reports/index.ts'

const sender = (...lines: string[]) =>
  reportSender(parseHeader(encodeUtf8([...lines, '', ''].join('\r\n'))).header, 'mx.us.test')
const from = 'From: Reports <noreply@Rep.test>'
const pass = 'Authentication-Results: mx.us.test; dmarc=pass header.from=rep.test policy.dmarc=none'

describe('who sent a report is proven (RFC 9990 §3.5.2)', () => {
  test('when we have found that DMARC passes', () => {
    expect(sender('Delivered-To: x', pass, 'Received: by us', from)).toEqual({ sender: 'rep.test', proven: true })
  })

  test.each([
    ['nothing was found', [from]],
    ['it failed', [pass.replace('pass', 'fail'), from]],
    ['it passed for another domain', [pass.replace('rep.test', 'other.test'), from]],
    ['somebody else says so', [pass.replace('us', 'them'), from]],
    ['it stands below where we write', ['Received: by us', pass, from]],
    ['other things passed', ['Authentication-Results: mx.us.test; spf=pass smtp.mailfrom=rep.test', from]],
  ])('but not when %s', (_, lines) => expect(sender(...lines)).toEqual({ sender: 'rep.test', proven: false }))

  test('and without an author it is nobody', () => {
    expect(sender(pass)).toEqual({ sender: '', proven: false })
  })
})
