import { describe, expect, it } from 'vitest'
import { fromLatin1, latin1 } from '../../../src/format/index.ts'
import { Pop3Login, type Pop3LoginOptions } from '../../../src/protocol/pop3/index.ts'
import { proofOf } from '../../../src/protocol/sasl/index.ts'
import { chunked, chunkSizes } from '../../chunked.ts'

const sasl = { nonce: () => 'ours', channelBinding: () => new Uint8Array(32) }
const secure: Pop3LoginOptions = { hostname: 'mx.example', tls: 'active', plainAllowed: false, sasl }
const proof = `${'A'.repeat(43)}=`

function talk(input: string, size: number, wrong = false): unknown[] {
  const login = new Pop3Login(secure)
  const seen: unknown[] = []
  for (const chunk of chunked(fromLatin1(input), size)) {
    login.receive(chunk)
    for (let event = login.next(); event !== undefined; event = login.next()) {
      if (event.type === 'ask') {
        seen.push(event.question.ask)
        const refused = wrong && event.question.ask === 'proof'
        if (refused) seen.push(latin1(login.loginFailed({ temporary: false })))
        else
          login.answered(event.question.ask === 'salt' ? { salt: 'c2FsdA==', iterations: 4096 } : { signature: 'c2ln' })
      } else if (event.type === 'login') {
        seen.push({ login: event.login, ...proofOf(event) })
        if (wrong) seen.push(latin1(login.loginFailed({ temporary: false })))
      } else seen.push(latin1(event.bytes))
    }
  }
  return seen
}

describe.each(chunkSizes)('AUTH in chunks of %s (RFC 5034)', (size) => {
  const first = btoa('n,,n=joe,r=theirs')
  const final = btoa(`c=biws,r=theirsours,p=${proof}`)
  const challenge = `+ ${btoa('r=theirsours,s=c2FsdA==,i=4096')}\r\n`

  it('takes a SCRAM exchange', () => {
    const message = 'n=joe,r=theirs,r=theirsours,s=c2FsdA==,i=4096,c=biws,r=theirsours'
    expect(talk(`AUTH SCRAM-SHA-256 ${first}\r\n${final}\r\n\r\n`, size)).toEqual([
      'salt',
      challenge,
      'proof',
      `+ ${btoa('v=c2ln')}\r\n`,
      { login: 'joe', scram: { message, proof } },
    ])
  })

  it('refuses a wrong proof, and goes on', () => {
    expect(talk(`AUTH SCRAM-SHA-256 ${first}\r\n${final}\r\nNOOP\r\n`, size, true).slice(2)).toEqual([
      'proof',
      '-ERR [AUTH] Wrong name or password\r\n',
      '-ERR Unknown command, or not before login\r\n',
    ])
  })

  it('refuses who was told that there is no channel binding (RFC 5802 §6)', () => {
    expect(talk(`AUTH SCRAM-SHA-256 ${btoa('y,,n=joe,r=theirs')}\r\n`, size)).toEqual([
      '-ERR [AUTH] The server does support channel binding\r\n',
    ])
  })

  it('tells why a token is refused before it refuses (RFC 7628 §3.2.3)', () => {
    const bearer = btoa('n,,\x01auth=Bearer abc\x01\x01')
    expect(talk(`AUTH OAUTHBEARER ${bearer}\r\nAQ==\r\nQUIT\r\n`, size, true)).toEqual([
      { login: '', token: 'abc' },
      `+ ${btoa('{"status":"invalid_token"}')}\r\n`,
      '-ERR [AUTH] Wrong name or password\r\n',
      '+OK Goodbye\r\n',
    ])
  })
})

it('CAPA and AUTH list the same mechanisms (RFC 5034 §3)', () => {
  const offered = ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'OAUTHBEARER', 'XOAUTH2', 'PLAIN', 'LOGIN']
  expect(talk('CAPA\r\n', Infinity)[0]).toContain(`SASL ${offered.join(' ')}\r\n`)
  expect(talk('AUTH\r\n', Infinity)).toEqual([`+OK Mechanisms follow\r\n${offered.join('\r\n')}\r\n.\r\n`])
})
