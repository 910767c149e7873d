import { describe, expect, test } from 'vitest'
import { type SmtpEvent, SmtpServer } from '../../../src/protocol/smtp/index.ts'
import { chunkSizes } from '../../chunked.ts'
import { converse, submission } from './transcript.ts'

const setup = { ...submission, sasl: { nonce: () => 'ours', channelBinding: () => new Uint8Array(32) } }
const proof = `${'A'.repeat(43)}=`
const first = btoa('n,,n=joe,r=theirs')
const final = btoa(`c=biws,r=theirsours,p=${proof}`)
const bearer = btoa('n,,\x01auth=Bearer abc\x01\x01')
const wrong = { code: 535, enhanced: '5.7.8', text: 'Wrong' }

function talk(input: string, size: number, refuse?: 'auth' | 'auth-question') {
  const auth: SmtpEvent[] = []
  const outcome = converse(`EHLO client.example\r\n${input}`, {
    size,
    server: new SmtpServer(setup),
    answers: (event) => {
      if (event.type === 'auth') auth.push(event)
      if (event.type === refuse) return wrong
      if (event.type !== 'auth-question') return undefined
      return event.continue(
        event.question.ask === 'salt' ? { salt: 'c2FsdA==', iterations: 4096 } : { signature: 'c2ln' },
      )
    },
  })
  return {
    ...outcome,
    auth,
    said: outcome.output
      .slice(outcome.output.indexOf('\r\n250 ') + 2)
      .split('\r\n')
      .slice(1, -1),
  }
}

describe.each(chunkSizes)('AUTH in chunks of %s (RFC 4954)', (size) => {
  test('takes a SCRAM exchange (RFC 5802)', () => {
    const { said, auth, server } = talk(`AUTH SCRAM-SHA-256 ${first}\r\n${final}\r\n\r\n`, size)
    expect(said).toEqual([
      `334 ${btoa('r=theirsours,s=c2FsdA==,i=4096')}`,
      `334 ${btoa('v=c2ln')}`,
      expect.stringMatching(/^235 2\.7\.0 /),
    ])
    const message = 'n=joe,r=theirs,r=theirsours,s=c2FsdA==,i=4096,c=biws,r=theirsours'
    expect(auth).toMatchObject([{ mechanism: 'SCRAM-SHA-256', credentials: { scram: { message, proof } } }])
    expect(server.login).toBe('joe')
  })

  test('refuses a wrong proof, and what comes then is a command', () => {
    const { said } = talk(`AUTH SCRAM-SHA-256 ${first}\r\nNOOP\r\n`, size, 'auth-question')
    expect(said).toEqual(['535 5.7.8 Wrong', '250 2.0.0 OK'])
  })

  test('refuses another nonce', () => {
    const { said, server } = talk(`AUTH SCRAM-SHA-256 ${first}\r\n${btoa(`c=biws,r=mine,p=${proof}`)}\r\n`, size)
    expect(said.at(-1)).toBe('535 5.7.8 The nonce is another')
    expect(server.login).toBeUndefined()
  })

  test('tells why a token is refused before it refuses (RFC 7628 §3.2.3)', () => {
    const { said, server } = talk(`AUTH OAUTHBEARER ${bearer}\r\nAQ==\r\nNOOP\r\n`, size, 'auth')
    expect(said).toEqual([`334 ${btoa('{"status":"invalid_token"}')}`, '535 5.7.8 Wrong', '250 2.0.0 OK'])
    expect(server.login).toBeUndefined()
  })

  test('refused tokens count as failed logins', () => {
    const guesses = `AUTH OAUTHBEARER ${bearer}\r\nAQ==\r\n`.repeat(20)
    const { output, closed } = talk(guesses, size, 'auth')
    expect(closed).toBe('too many failed logins')
    expect(output).toMatch(/421 4\.7\.0 Too many failed logins\r\n$/)
  })
})

test('what is offered depends on TLS: no channel binding without (RFC 5802 §6)', () => {
  expect(talk('', Infinity).output).toContain('AUTH SCRAM-SHA-256 OAUTHBEARER XOAUTH2 PLAIN LOGIN\r\n')
  const secure = converse('EHLO client.example\r\n', { server: new SmtpServer({ ...setup, tls: 'active' }) })
  expect(secure.output).toContain('AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 OAUTHBEARER XOAUTH2 PLAIN LOGIN\r\n')
})
