import { describe, expect, test } from 'vitest'
import { SmtpServer, type SmtpServerOptions } from '../../../src/protocol/smtp/index.ts'
import { converse, options, submission } from './transcript.ts'

const futureRelease = { seconds: 86_400, until: Date.UTC(2026, 11, 24) }
const hello = 'EHLO c.example\r\nAUTH PLAIN AHVzZXIAc2VjcmV0\r\n'

function mail(parameters: string, setup: SmtpServerOptions = { ...submission, futureRelease }) {
  const server = new SmtpServer({ ...setup, allowPlaintextAuth: true })
  return converse(`${hello}MAIL FROM:<a@b.example> ${parameters}\r\nRCPT TO:<c@d.example>\r\nDATA\r\nhi\r\n.\r\n`, {
    server,
  })
}

describe('FUTURERELEASE (RFC 4865)', () => {
  test('is offered to submissions, with how long and until when (§4)', () => {
    expect(mail('').output).toMatch(/^250-FUTURERELEASE 86400 2026-12-24T00:00:00Z\r$/m)
    expect(
      converse('EHLO c.example\r\n', { server: new SmtpServer({ ...options, futureRelease }) }).output,
    ).not.toContain('FUTURERELEASE')
    expect(mail('', submission).output).not.toContain('FUTURERELEASE')
  })

  test.each([
    ['HOLDFOR=1', { seconds: 1 }],
    ['holdfor=86400', { seconds: 86_400 }],
    ['HOLDUNTIL=2026-12-01T08:30:00Z', { until: Date.UTC(2026, 11, 1, 8, 30) }],
    ['HOLDUNTIL=2026-12-01T08:30:00.5Z', { until: Date.UTC(2026, 11, 1, 8, 30, 0, 500) }],
  ])('%s becomes part of the envelope (§5)', (parameter, hold) => {
    expect(mail(parameter).messages[0]?.envelope.hold).toEqual(hold)
  })

  test.each([
    'HOLDFOR=0',
    'HOLDFOR=-1',
    'HOLDFOR=1.5',
    'HOLDFOR=86401',
    'HOLDFOR',
    'HOLDUNTIL=2026-12-24T00:00:01Z',
    'HOLDUNTIL=2026-12-01',
    'HOLDUNTIL=2026-13-01T00:00:00Z',
    'HOLDUNTIL=2026-12-01T08:30:00+01:00',
    'HOLDFOR=60 HOLDUNTIL=2026-12-01T08:30:00Z',
  ])('refused: %s', (parameter) => {
    const { output, messages } = mail(parameter)
    expect(output).toMatch(/^501 5\.5\.4 /m)
    expect(messages).toEqual([])
  })

  test('where it is not offered it is not known', () => {
    expect(mail('HOLDFOR=60', submission).output).toMatch(/^555 5\.5\.4 /m)
  })
})
