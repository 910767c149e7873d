import { describe, expect, it } from 'vitest'
import { fromLatin1, latin1 } from '../../../src/format/index.ts'
import { ImapLogin, type ImapLoginOptions } from '../../../src/protocol/imap/index.ts'
import { proofOf, type SaslQuestion } from '../../../src/protocol/sasl/index.ts'
import { chunked, chunkSizes } from '../../chunked.ts'

const binding = (type: string) => (type === 'tls-exporter' ? new Uint8Array(32) : undefined)
const sasl = { nonce: () => 'ours', channelBinding: binding }
const secure: ImapLoginOptions = { hostname: 'mail.example', tls: 'active', plainAllowed: false, sasl }
const loopback: ImapLoginOptions = { hostname: 'mail.example', tls: 'available', plainAllowed: true, sasl }
const proof = `${'A'.repeat(43)}=`

interface Host {
  readonly fails?: 'login' | 'proof' | 'temporary'
}

/** What is said on the wire and asked, with the answers of a host. */
function talk(input: string, size = Infinity, host: Host = {}, options = secure): unknown[] {
  const login = new ImapLogin(options)
  const seen: unknown[] = []
  for (const chunk of chunked(fromLatin1(input), size)) {
    login.receive(chunk)
    for (let event = login.next(); event !== undefined; event = login.next()) {
      if (event.type === 'ask') seen.push(...answer(login, event.question, host))
      else if (event.type === 'login') {
        seen.push({ login: event.login, ...proofOf(event) })
        if (host.fails !== undefined) seen.push(latin1(login.loginFailed({ temporary: host.fails === 'temporary' })))
      } else seen.push(latin1(event.bytes))
    }
  }
  return seen
}

function answer(login: ImapLogin, question: SaslQuestion, { fails }: Host): unknown[] {
  if (question.ask === 'proof' && fails === 'proof') return ['proof', latin1(login.loginFailed({ temporary: false }))]
  if (fails === 'temporary') return [question.ask, latin1(login.loginFailed({ temporary: true }))]
  login.answered(question.ask === 'salt' ? { salt: 'c2FsdA==', iterations: 4096 } : { signature: 'c2ln' })
  return [`${question.ask} ${question.login}`]
}

describe.each(chunkSizes)('in chunks of %s', (size) => {
  const first = btoa('n,,n=joe,r=theirs')
  const final = btoa(`c=biws,r=theirsours,p=${proof}`)
  const challenge = `+ ${btoa('r=theirsours,s=c2FsdA==,i=4096')}\r\n`
  const message = 'n=joe,r=theirs,r=theirsours,s=c2FsdA==,i=4096,c=biws,r=theirsours'
  const proved = { login: 'joe', scram: { message, proof } }

  it.each([
    ['with an initial response (RFC 4959)', `a AUTHENTICATE SCRAM-SHA-256 ${first}\r\n`, []],
    ['without', `a authenticate scram-sha-256\r\n${first}\r\n`, ['+ \r\n']],
  ])('takes a SCRAM exchange %s', (_, begin, asked) => {
    expect(talk(`${begin}${final}\r\n\r\n`, size)).toEqual([
      ...asked,
      'salt joe',
      challenge,
      'proof joe',
      `+ ${btoa('v=c2ln')}\r\n`,
      proved,
    ])
  })

  it('refuses a proof that is wrong, at once', () => {
    const said = talk(`a AUTHENTICATE SCRAM-SHA-256 ${first}\r\n${final}\r\nb NOOP\r\n`, size, { fails: 'proof' })
    expect(said.slice(2)).toEqual([
      'proof',
      'a NO [AUTHENTICATIONFAILED] Wrong name or password\r\n',
      'b OK Nothing done\r\n',
    ])
  })

  it('says so when nobody can be asked', () => {
    expect(talk(`a AUTHENTICATE SCRAM-SHA-256 ${first}\r\nb NOOP\r\n`, size, { fails: 'temporary' })).toEqual([
      'salt',
      'a NO [UNAVAILABLE] Try again later\r\n',
      'b OK Nothing done\r\n',
    ])
  })

  it.each([
    ['cancelled at the salt', `${first}\r\n*\r\n`, 'a BAD Authentication cancelled\r\n'],
    ['cancelled at our signature', `${first}\r\n${final}\r\n*\r\n`, 'a BAD Authentication cancelled\r\n'],
    [
      'with a nonce of its own',
      `${first}\r\n${btoa(`c=biws,r=mine,p=${proof}`)}\r\n`,
      'a NO [AUTHENTICATIONFAILED] The nonce is another\r\n',
    ],
    [
      'by a client that was told there is no channel binding (RFC 5802 §6)',
      `${btoa('y,,n=joe,r=theirs')}\r\n`,
      'a NO [AUTHENTICATIONFAILED] The server does support channel binding\r\n',
    ],
    [
      'for somebody else',
      `${btoa('n,a=root,n=joe,r=theirs')}\r\n${btoa(`c=${btoa('n,a=root,')},r=theirsours,p=${proof}`)}\r\n\r\n`,
      'a NO [AUTHORIZATIONFAILED] Acting as another user is not possible\r\n',
    ],
  ])('ends an exchange %s', (_, rest, last) => {
    const said = talk(`a AUTHENTICATE SCRAM-SHA-256 ${rest}b NOOP\r\n`, size)
    expect(said.slice(-2)).toEqual([last, 'b OK Nothing done\r\n'])
  })

  const bearer = btoa('n,a=joe@mail.example,\x01auth=Bearer abc\x01\x01')

  it('takes a token', () => {
    expect(talk(`a AUTHENTICATE OAUTHBEARER ${bearer}\r\n`, size)).toEqual([
      { login: 'joe@mail.example', token: 'abc' },
    ])
    const xoauth2 = btoa('user=joe\x01auth=Bearer abc\x01\x01')
    expect(talk(`a AUTHENTICATE XOAUTH2\r\n${xoauth2}\r\n`, size)).toEqual(['+ \r\n', { login: 'joe', token: 'abc' }])
  })

  it.each(['AQ==', '', '*', '!!', 'x'.repeat(9000)])(
    'tells why a token is refused, and ends whatever the client says to it: %.10j (RFC 7628 §3.2.3)',
    (dummy) => {
      const said = talk(`a AUTHENTICATE OAUTHBEARER ${bearer}\r\n${dummy}\r\nb NOOP\r\n`, size, { fails: 'login' })
      expect(said.slice(1)).toEqual([
        `+ ${btoa('{"status":"invalid_token"}')}\r\n`,
        'a NO [AUTHENTICATIONFAILED] Wrong name or password\r\n',
        'b OK Nothing done\r\n',
      ])
    },
  )

  it('does not tell why where nobody could check', () => {
    expect(talk(`a AUTHENTICATE OAUTHBEARER ${bearer}\r\n`, size, { fails: 'temporary' }).slice(1)).toEqual([
      'a NO [UNAVAILABLE] Try again later\r\n',
    ])
  })
})

describe('what is offered', () => {
  it('channel binding under TLS only', () => {
    const named = 'AUTH=SCRAM-SHA-256-PLUS AUTH=SCRAM-SHA-256 AUTH=OAUTHBEARER AUTH=XOAUTH2 AUTH=PLAIN AUTH=LOGIN'
    expect(latin1(new ImapLogin(secure).greeting())).toContain(named)
    expect(latin1(new ImapLogin(loopback).greeting())).toContain('STARTTLS AUTH=SCRAM-SHA-256 AUTH=OAUTHBEARER')
    expect(talk('a AUTHENTICATE SCRAM-SHA-256-PLUS\r\n', Infinity, {}, loopback)).toEqual([
      'a NO [CANNOT] Unknown mechanism\r\n',
    ])
  })

  it('nothing at all where passwords would travel in the clear', () => {
    const clear = { ...loopback, plainAllowed: false }
    expect(latin1(new ImapLogin(clear).greeting())).toMatch(/ STARTTLS LOGINDISABLED\]/)
    expect(talk(`a AUTHENTICATE SCRAM-SHA-256 ${btoa('n,,n=joe,r=x')}\r\n`, Infinity, {}, clear)).toEqual([
      expect.stringContaining('a NO [PRIVACYREQUIRED]'),
    ])
  })

  it('channel binding from STARTTLS on', () => {
    const login = new ImapLogin({ ...loopback, plainAllowed: false })
    login.receive(fromLatin1('a STARTTLS\r\n'))
    expect(login.next()?.type).toBe('starttls')
    login.tlsStarted()
    login.receive(fromLatin1('b CAPABILITY\r\n'))
    const event = login.next()
    expect(event?.type === 'reply' && latin1(event.bytes)).toContain('ENABLE AUTH=SCRAM-SHA-256-PLUS')
  })
})

it('the last failed login ends the connection, and its client is not asked to respond', () => {
  const bearer = btoa('n,,\x01auth=Bearer abc\x01\x01')
  const login = new ImapLogin({ ...secure, limits: { failedLogins: 1 } })
  login.receive(fromLatin1(`a AUTHENTICATE OAUTHBEARER ${bearer}\r\n`))
  expect(login.next()?.type).toBe('login')
  expect(latin1(login.loginFailed({ temporary: false }))).toMatch(/^a NO .*\r\n\* BYE /)
  expect(login.closed).toBe(true)
})
