import { describe, expect, test } from 'vitest'
import { type SmtpEvent, SmtpServer } from '../../../src/protocol/smtp/index.ts'
import { chunkSizes } from '../../chunked.ts'
import { converse, options, submission } from './transcript.ts'

const ehlo = 'EHLO client.example\r\n'

function login(input: string, setup = submission) {
  return chunkSizes.map((size) => {
    const seen: SmtpEvent[] = []
    const outcome = converse(`${ehlo}${input}\r\n`, {
      size,
      server: new SmtpServer(setup),
      answers: (event) => {
        seen.push(event)
        return event.type === 'auth' && !('password' in event.credentials && event.credentials.password === 'secret')
          ? { code: 535, enhanced: '5.7.8', text: 'Wrong' }
          : undefined
      },
    })
    return { ...outcome, auth: seen.filter((event) => event.type === 'auth') }
  })
}

const credentials = { authorizationId: '', authenticationId: 'alice', password: 'secret' }

describe('a login succeeds (RFC 4954 §4)', () => {
  test.each([
    ['PLAIN with an initial response', 'AUTH PLAIN AGFsaWNlAHNlY3JldA==', 'PLAIN'],
    ['PLAIN in its own line', 'auth plain\r\nAGFsaWNlAHNlY3JldA==', 'PLAIN'],
    ['LOGIN', 'AUTH LOGIN\r\nYWxpY2U=\r\nc2VjcmV0', 'LOGIN'],
    ['LOGIN with the name at once', 'AUTH LOGIN YWxpY2U=\r\nc2VjcmV0', 'LOGIN'],
  ])('%s', (_, input, mechanism) => {
    for (const { auth, output, server } of login(input)) {
      expect(auth).toEqual([{ type: 'auth', mechanism, credentials }])
      expect(output).toMatch(/235 2\.7\.0 Welcome\r\n$/)
      expect(server.login).toBe('alice')
    }
  })

  test('the prompts of LOGIN', () => {
    expect(login('AUTH LOGIN\r\nYWxpY2U=\r\nc2VjcmV0')[0]?.output).toMatch(
      /334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 /,
    )
  })

  test('PLAIN without an initial response gets an empty challenge', () => {
    expect(login('AUTH PLAIN\r\nAGFsaWNlAHNlY3JldA==')[0]?.output).toMatch(/334 \r\n235 /)
  })
})

describe('a login fails', () => {
  test.each([
    ['no mechanism', 'AUTH', '501 5.5.4'],
    ['an unknown mechanism', 'AUTH CRAM-MD5', '504 5.5.4'],
    ['too many words', 'AUTH PLAIN a b', '501 5.5.4'],
    ['not base64', 'AUTH PLAIN ####', '501 5.5.2'],
    ['not base64 in a continuation', 'AUTH LOGIN\r\n*YWxpY2U=', '501 5.5.2'],
    ['cancelled', 'AUTH LOGIN\r\n*', '501 5.7.0'],
    ['an empty initial response', 'AUTH PLAIN =', '501 5.5.2'],
    ['one NUL', 'AUTH PLAIN AGFsaWNl', '501 5.5.2'],
    ['wrong password', 'AUTH PLAIN AGFsaWNlAHdyb25n', '535 5.7.8'],
    ['a second time', 'AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==', '503 5.5.1'],
    ['during a transaction', 'AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\nMAIL FROM:<>\r\nAUTH PLAIN', '503 5.5.1'],
    ['too long a line', `AUTH PLAIN\r\n${'A'.repeat(12_288)}`, '500 5.5.6'],
  ])('%s', (_, input, start) => {
    for (const { output } of login(input)) expect(output.split('\r\n').at(-2)?.slice(0, start.length)).toBe(start)
  })

  test('a line of 12,288 octets is read (RFC 4954 §4), and refused for what it says', () => {
    for (const { output } of login(`AUTH PLAIN\r\n${'A'.repeat(12_284)}`))
      expect(output).toMatch(/501 5\.5\.2 [^\r]*\r\n$/)
  })

  test('before EHLO', () => {
    expect(converse('AUTH PLAIN\r\n', { server: new SmtpServer(submission) }).output).toMatch(/^503 5\.5\.1/)
  })

  test('a third wrong password closes the connection', () => {
    for (const { output, closed, auth } of login('AUTH PLAIN AGFsaWNlAHdyb25n\r\n'.repeat(5))) {
      expect(auth.length).toBe(3)
      expect(output).toMatch(/535 5\.7\.8 Wrong\r\n421 4\.7\.0 Too many failed logins\r\n$/)
      expect(closed).toBe('too many failed logins')
    }
  })

  test('a temporary failure is no strike', () => {
    const { output, closed } = converse(`${ehlo}${'AUTH PLAIN AGFsaWNlAHdyb25n\r\n'.repeat(5)}`, {
      server: new SmtpServer(submission),
      answers: (event) => (event.type === 'auth' ? { code: 454, enhanced: '4.7.0', text: 'Later' } : undefined),
    })
    expect(output.match(/454 4\.7\.0/g)?.length).toBe(5)
    expect(closed).toBeUndefined()
  })
})

describe('where a password may be sent', () => {
  const open = { ...submission, allowPlaintextAuth: false, tls: 'available' as const }

  test('without TLS AUTH is not offered and not taken: 538 5.7.11', () => {
    for (const { output, auth } of login('AUTH PLAIN AGFsaWNlAHNlY3JldA==', open)) {
      expect(output).toContain('250 STARTTLS\r\n')
      expect(output).not.toContain('AUTH OAUTHBEARER XOAUTH2 PLAIN LOGIN')
      expect(output).toMatch(/538 5\.7\.11 [^\r]*\r\n$/)
      expect(auth).toEqual([])
    }
  })

  test('with implicit TLS it is offered', () => {
    const { output } = converse(ehlo, { server: new SmtpServer({ ...open, tls: 'active' }) })
    expect(output).toContain('250 AUTH OAUTHBEARER XOAUTH2 PLAIN LOGIN\r\n')
    expect(output).not.toContain('STARTTLS')
  })

  test('never on an MX, even with TLS', () => {
    const { output } = converse(ehlo, { server: new SmtpServer({ ...options, tls: 'active' }) })
    expect(output).not.toContain('AUTH')
  })

  test('no reply repeats the password', () => {
    for (const input of ['AUTH PLAIN secret', 'AUTH PLAIN\r\nsecret', 'AUTH secret', 'AUTH LOGIN c2VjcmV0\r\n!secret'])
      for (const { output } of login(input)) expect(output).not.toContain('secret')
  })
})
