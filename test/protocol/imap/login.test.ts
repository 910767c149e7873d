import { proofOf } from '../../../src/protocol/sasl/index.ts'
import { describe, expect, it } from 'vitest'
import { ImapLogin, type ImapLoginOptions } from '../../../src/protocol/imap/index.ts'
import { fromLatin1, latin1 } from '../../../src/format/index.ts'
import { chunkSizes, chunked } from '../../chunked.ts'

const secure: ImapLoginOptions = { hostname: 'mail.example', tls: 'active', plainAllowed: false }
const clear: ImapLoginOptions = { hostname: 'mail.example', tls: 'available', plainAllowed: false }

/** What the engine does with the input, bytes as text; a login is answered with `fail` when it is given. */
function talk(input: string, options = secure, size = Infinity, fail?: { temporary: boolean }): unknown[] {
  const login = new ImapLogin(options)
  const seen: unknown[] = []
  for (const chunk of chunked(fromLatin1(input), size)) {
    login.receive(chunk)
    for (let event = login.next(); event !== undefined; event = login.next()) {
      if (event.type === 'login') {
        seen.push({ tag: event.tag, login: event.login, ...proofOf(event) })
        if (fail) seen.push(latin1(login.loginFailed(fail)))
      } else if (event.type === 'ask') {
        seen.push(event.question)
        if (fail) seen.push(latin1(login.loginFailed(fail)))
        else
          login.answered(
            event.question.ask === 'salt' ? { salt: btoa('salt'), iterations: 4096 } : { signature: 'c2ln' },
          )
      } else {
        seen.push(event.type === 'reply' ? latin1(event.bytes) : { [event.type]: latin1(event.bytes) })
        if (event.type === 'starttls') login.tlsStarted()
      }
    }
  }
  return seen
}

const joe = { tag: 'a', login: 'joe', password: 'secret' }
const plain = btoa('\0joe\0secret')

describe('the greeting', () => {
  it('offers passwords over TLS', () => {
    expect(latin1(new ImapLogin(secure).greeting())).toBe(
      '* OK [CAPABILITY IMAP4rev2 IMAP4rev1 LITERAL+ SASL-IR ID ENABLE AUTH=OAUTHBEARER AUTH=XOAUTH2 AUTH=PLAIN AUTH=LOGIN] mail.example ready\r\n',
    )
  })

  it('offers STARTTLS and says LOGINDISABLED in the clear (RFC 9051 §6.2.3)', () => {
    expect(latin1(new ImapLogin(clear).greeting())).toContain('STARTTLS LOGINDISABLED]')
  })

  it('offers passwords in the clear on loopback', () => {
    expect(latin1(new ImapLogin({ ...clear, plainAllowed: true }).greeting())).toContain('STARTTLS AUTH=OAUTHBEARER')
  })
})

describe.each(chunkSizes)('before login, in chunks of %s', (size) => {
  it.each<[string, string, unknown[]]>([
    ['an unknown command', 'a XYZZY\r\n', ['a BAD Unknown command, or not before login\r\n']],
    ['a command for later', 'a SELECT INBOX\r\n', ['a BAD Unknown command, or not before login\r\n']],
    ['LOGIN without a password', 'a LOGIN joe\r\n', ['a BAD Expected a space\r\n']],
    ['LOGIN with too much', 'a LOGIN joe secret more\r\n', ['a BAD Unexpected extra arguments\r\n']],
    ['an unterminated string', 'a LOGIN "joe secret\r\n', ['a BAD Unterminated quoted string\r\n']],
    ['a huge literal', 'a LOGIN {5000}\r\n', ['a BAD [TOOBIG] Literal too large\r\n']],
    [
      'a name that is no UTF-8',
      'a LOGIN "j\xffe" secret\r\n',
      ['a NO [AUTHENTICATIONFAILED] Name and password must be UTF-8\r\n'],
    ],
    ['an unknown mechanism', 'a AUTHENTICATE CRAM-MD5\r\n', ['a NO [CANNOT] Unknown mechanism\r\n']],
    [
      'a cancelled exchange',
      'a AUTHENTICATE PLAIN\r\n*\r\nb NOOP\r\n',
      ['+ \r\n', 'a BAD Authentication cancelled\r\n', 'b OK Nothing done\r\n'],
    ],
    ['a response that is not base64', 'a AUTHENTICATE PLAIN\r\n!!\r\n', ['+ \r\n', 'a BAD Not base64\r\n']],
    [
      'a response that is not PLAIN',
      `a AUTHENTICATE PLAIN ${btoa('joe')}\r\n`,
      ['a BAD Malformed authentication message\r\n'],
    ],
    [
      'acting as somebody else',
      `a AUTHENTICATE PLAIN ${btoa('root\0joe\0secret')}\r\n`,
      ['a NO [AUTHORIZATIONFAILED] Acting as another user is not possible\r\n'],
    ],
    ['a response too long', `a AUTHENTICATE PLAIN\r\n${'A'.repeat(9000)}\r\n`, ['+ \r\n', 'a BAD Line too long\r\n']],
    ['STARTTLS over TLS', 'a STARTTLS\r\n', ['a BAD TLS is already active\r\n']],
    [
      'no IMAP at all',
      'GET / HTTP/1.1\r\nHost: x\r\nA: b\r\nC: d\r\nE: f\r\nG: h\r\nI: j\r\n',
      [
        'GET BAD Missing command name\r\n',
        ...['Host:', 'A:', 'C:', 'E:'].map((tag) => `${tag} BAD Unknown command, or not before login\r\n`),
        { close: 'G: BAD Unknown command, or not before login\r\n* BYE Too many bad commands\r\n' },
      ],
    ],
  ])('refuses %s', (_, input, expected) => {
    expect(talk(input, secure, size)).toEqual(expected)
  })

  it.each<[string, string, unknown[]]>([
    ['atoms', 'a LOGIN joe secret\r\n', [joe]],
    ['quoted strings', 'a login "joe" "sec\\"ret"\r\n', [{ ...joe, password: 'sec"ret' }]],
    ['literals', 'a LOGIN {3}\r\njoe {6}\r\nsecret\r\n', ['+ OK\r\n', '+ OK\r\n', joe]],
    ['LITERAL+ (RFC 7888)', 'a LOGIN {3+}\r\njoe {6+}\r\nsecret\r\n', [joe]],
    ['UTF-8', 'a LOGIN "jo\xc3\xab" secret\r\n', [{ ...joe, login: 'joë' }]],
    ['AUTHENTICATE PLAIN', `a AUTHENTICATE PLAIN\r\n${plain}\r\n`, ['+ \r\n', joe]],
    ['SASL-IR (RFC 4959)', `a authenticate plain ${plain}\r\n`, [joe]],
    [
      'AUTHENTICATE LOGIN',
      `a AUTHENTICATE LOGIN\r\n${btoa('joe')}\r\n${btoa('secret')}\r\n`,
      ['+ VXNlcm5hbWU6\r\n', '+ UGFzc3dvcmQ6\r\n', joe],
    ],
  ])('takes credentials as %s', (_, input, expected) => {
    expect(talk(input, secure, size)).toEqual(expected)
  })

  it('refuses passwords in the clear, and before a literal is sent (RFC 9051 §11.1)', () => {
    const refusal = 'NO [PRIVACYREQUIRED] Start TLS before you send a password\r\n'
    expect(talk(`a LOGIN joe secret\r\nb LOGIN joe {6}\r\nc AUTHENTICATE PLAIN ${plain}\r\n`, clear, size)).toEqual([
      `a ${refusal}`,
      `b ${refusal}`,
      `c ${refusal}`,
    ])
  })

  it('answers CAPABILITY, NOOP, ID and LOGOUT', () => {
    expect(
      talk('a CAPABILITY\r\nb NOOP\r\nc ID ("name" "x" "os" NIL)\r\nd ID NIL\r\ne LOGOUT\r\nf NOOP\r\n', secure, size),
    ).toEqual([
      '* CAPABILITY IMAP4rev2 IMAP4rev1 LITERAL+ SASL-IR ID ENABLE AUTH=OAUTHBEARER AUTH=XOAUTH2 AUTH=PLAIN AUTH=LOGIN\r\na OK Capabilities listed\r\n',
      'b OK Nothing done\r\n',
      '* ID ("name" "facteur")\r\nc OK Glad to know\r\n',
      '* ID ("name" "facteur")\r\nd OK Glad to know\r\n',
      { close: '* BYE Goodbye\r\ne OK Logged out\r\n' },
    ])
  })

  it('goes on after a failed login', () => {
    expect(talk('a LOGIN joe secret\r\nb NOOP\r\n', secure, size, { temporary: false })).toEqual([
      joe,
      'a NO [AUTHENTICATIONFAILED] Wrong name or password\r\n',
      'b OK Nothing done\r\n',
    ])
  })
})

describe('the login engine', () => {
  it('forgets what came behind STARTTLS in the clear (STARTTLS injection)', () => {
    const input = 'a STARTTLS\r\nb LOGIN mallory secret\r\n'
    expect(talk(input, clear)).toEqual([{ starttls: 'a OK Begin TLS now\r\n' }])
  })

  it('forgets what comes during the handshake', () => {
    const login = new ImapLogin(clear)
    login.receive(fromLatin1('a STARTTLS\r\n'))
    expect(login.next()?.type).toBe('starttls')
    login.receive(fromLatin1('b NOOP\r\n'))
    login.tlsStarted()
    expect(login.next()).toBeUndefined()
    login.receive(fromLatin1('c LOGIN joe secret\r\n'))
    expect(login.next()).toMatchObject({ type: 'login', tag: 'c' })
  })

  it('hands over what came behind the login, also later', () => {
    const login = new ImapLogin(secure)
    login.receive(fromLatin1('a LOGIN joe secret\r\nb SELECT'))
    const event = login.next()
    expect(event?.type === 'login' && latin1(event.rest)).toBe('b SELECT')
    login.receive(fromLatin1(' INBOX\r\n'))
    expect(login.next()).toBeUndefined()
    expect(latin1(login.takeRest())).toBe('b SELECT INBOX\r\n')
  })

  it('says UNAVAILABLE for a failure of ours (RFC 5530)', () => {
    expect(talk('a LOGIN joe secret\r\n', secure, Infinity, { temporary: true })).toEqual([
      joe,
      'a NO [UNAVAILABLE] Try again later\r\n',
    ])
  })

  it('lets no text from behind break the line', () => {
    const login = new ImapLogin(secure)
    login.receive(fromLatin1('a LOGIN joe secret\r\n'))
    expect(login.next()?.type).toBe('login')
    expect(latin1(login.loginFailed({ temporary: true, text: 'x\r\na OK é' }))).toBe('a NO [UNAVAILABLE] x??a OK ?\r\n')
  })

  it('closes after five failed logins', () => {
    const seen = talk('a LOGIN joe secret\r\n'.repeat(6), secure, Infinity, { temporary: false })
    expect(seen).toHaveLength(10)
    expect(seen.at(-1)).toContain('* BYE Too many failed logins')
  })

  it('closes after fifty commands', () => {
    const seen = talk('a NOOP\r\n'.repeat(51))
    expect(seen).toHaveLength(51)
    expect(seen.at(-1)).toEqual({ close: '* BYE Too many commands before login\r\n' })
  })

  it('closes when too much comes while a login is being checked', () => {
    const login = new ImapLogin(secure)
    login.receive(fromLatin1('a LOGIN joe secret\r\n'))
    expect(login.next()?.type).toBe('login')
    login.receive(new Uint8Array(70_000))
    expect(login.next()?.type).toBe('close')
    expect(login.closed).toBe(true)
  })
})
