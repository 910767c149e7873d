import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeUtf8, latin1 } from '../../../src/format/index.ts'
import { Pop3Login, type Pop3LoginEvent, type Pop3LoginOptions } from '../../../src/protocol/pop3/index.ts'
import { chunked, chunkSizes } from '../../chunked.ts'

const secure: Pop3LoginOptions = { hostname: 'mx.example', tls: 'active', plainAllowed: false }
const open: Pop3LoginOptions = { hostname: 'mx.example', tls: 'available', plainAllowed: false }
const base64 = (text: string) => btoa(String.fromCharCode(...encodeUtf8(text)))

/** Feeds text in pieces and gives what comes out: bytes as text, other events as themselves. */
function talk(login: Pop3Login, text: string | Uint8Array, size = Infinity): (string | Pop3LoginEvent)[] {
  const seen: (string | Pop3LoginEvent)[] = []
  const bytes = typeof text === 'string' ? encodeUtf8(text) : text
  for (const chunk of chunked(bytes, size)) {
    login.receive(chunk)
    for (let event = login.next(); event !== undefined; event = login.next()) {
      seen.push(event.type === 'reply' || event.type === 'close' ? latin1(event.bytes) : event)
    }
  }
  return seen
}

const say = (options: Pop3LoginOptions, text: string | Uint8Array, size?: number) =>
  talk(new Pop3Login(options), text, size)

function text(answer: string | Pop3LoginEvent | undefined): string {
  if (typeof answer !== 'string') throw new Error('not an answer')
  return answer
}

const credentials = (login: string, password: string) => ({ type: 'login', tag: '', login, password })

describe('the greeting', () => {
  it('names the host and has no timestamp, so APOP is not offered (RFC 1939 §7)', () => {
    const greeting = latin1(new Pop3Login(secure).greeting())
    expect(greeting).toBe('+OK mx.example POP3 ready\r\n')
    expect(greeting).not.toMatch(/<.*>/)
    expect(say(secure, 'APOP alice c4c9334bac560ecc979e58001b3e22fb\r\n')).toEqual([
      '-ERR Unknown command, or not before login\r\n',
    ])
  })
})

describe('USER and PASS (RFC 1939 §7)', () => {
  it.each([
    ['a name and a password', 'USER alice\r\nPASS secret\r\n', 'alice', 'secret'],
    ['any case of the keywords', 'user alice\r\npass secret\r\n', 'alice', 'secret'],
    ['spaces in the password, at its ends too', 'USER alice\r\nPASS  a b \r\n', 'alice', ' a b '],
    ['UTF-8 (RFC 6856 §2.2)', 'USER jösé@exämple\r\nPASS ☃\r\n', 'jösé@exämple', '☃'],
    ['the last of several names', 'USER bob\r\nUSER alice\r\nPASS x\r\n', 'alice', 'x'],
    ['a name with a space', 'USER alice b\r\nPASS x\r\n', 'alice b', 'x'],
  ])('take %s, however they are cut', (_, text, login, password) => {
    for (const size of chunkSizes) expect(say(secure, text, size).at(-1)).toEqual(credentials(login, password))
  })

  it.each([
    ['PASS without USER', 'PASS secret\r\n', /^-ERR USER comes before PASS/],
    ['USER without a name', 'USER\r\n', /^-ERR USER needs/],
    ['PASS without a password', 'USER alice\r\nPASS\r\n', /^-ERR PASS needs/],
    ['a name that is not UTF-8', Uint8Array.of(85, 83, 69, 82, 32, 0xff, 13, 10), /^-ERR \[AUTH\]/],
    ['a NUL', 'USER a\0b\r\n', /^-ERR \[AUTH\]/],
    ['mail before login', 'STAT\r\n', /^-ERR Unknown command, or not before login/],
    ['NOOP, which is no command of this state', 'NOOP\r\n', /^-ERR/],
  ])('refuse %s', (_, text, answer) => {
    expect(say(secure, text).at(-1)).toMatch(answer)
  })

  it('want the name again after a wrong password', () => {
    const login = new Pop3Login(secure)
    talk(login, 'USER alice\r\nPASS wrong\r\n')
    expect(latin1(login.loginFailed({ temporary: false }))).toBe('-ERR [AUTH] Wrong name or password\r\n')
    expect(talk(login, 'PASS right\r\n')).toEqual(['-ERR USER comes before PASS\r\n'])
  })

  it('are not even read without TLS, unless the client is on this machine (RFC 8314)', () => {
    for (const line of ['USER alice\r\n', 'PASS x\r\n', 'AUTH\r\n', `AUTH PLAIN ${base64('\0a\0b')}\r\n`]) {
      expect(say(open, line)).toEqual(['-ERR Start TLS before you send a password\r\n'])
    }
    expect(say({ ...open, plainAllowed: true }, 'USER alice\r\nPASS x\r\n').at(-1)).toEqual(credentials('alice', 'x'))
  })
})

describe('AUTH (RFC 5034)', () => {
  it.each([
    ['PLAIN with an initial response', `AUTH PLAIN ${base64('\0alice\0secret')}\r\n`, []],
    ['PLAIN without', `AUTH plain\r\n${base64('\0alice\0secret')}\r\n`, ['+ \r\n']],
    [
      'PLAIN with an empty initial response, which is no message',
      `AUTH PLAIN =\r\nAUTH PLAIN ${base64('alice\0alice\0secret')}\r\n`,
      ['-ERR Malformed authentication message\r\n'],
    ],
    [
      'LOGIN',
      `AUTH LOGIN\r\n${base64('alice')}\r\n${base64('secret')}\r\n`,
      [`+ ${base64('Username:')}\r\n`, `+ ${base64('Password:')}\r\n`],
    ],
    [
      'LOGIN with the name',
      `AUTH LOGIN ${base64('alice')}\r\n${base64('secret')}\r\n`,
      [`+ ${base64('Password:')}\r\n`],
    ],
  ])('%s', (_, text, before) => {
    for (const size of chunkSizes) expect(say(secure, text, size)).toEqual([...before, credentials('alice', 'secret')])
  })

  it.each([
    ['an unknown mechanism', 'AUTH CRAM-MD5\r\n', '-ERR Unknown mechanism\r\n'],
    ['what is not base64', 'AUTH PLAIN !!!\r\n', '-ERR Not base64\r\n'],
    ['a malformed message', `AUTH PLAIN ${base64('alice')}\r\n`, '-ERR Malformed authentication message\r\n'],
    ['a cancelled exchange (RFC 5034 §4)', 'AUTH LOGIN\r\n*\r\n', '-ERR Authentication cancelled\r\n'],
    [
      'another identity',
      `AUTH PLAIN ${base64('bob\0alice\0x')}\r\n`,
      '-ERR [AUTH] Acting as another user is not possible\r\n',
    ],
  ])('refuses %s, and goes on', (_, text, answer) => {
    expect(say(secure, `${text}CAPA\r\n`).slice(-2)).toEqual([answer, expect.stringMatching(/^\+OK/)])
  })

  it('without a mechanism lists them', () => {
    expect(say(secure, 'AUTH\r\n')).toEqual([
      '+OK Mechanisms follow\r\nOAUTHBEARER\r\nXOAUTH2\r\nPLAIN\r\nLOGIN\r\n.\r\n',
    ])
  })
})

const capa = (options: Pop3LoginOptions) => text(say(options, 'CAPA\r\n')[0]).split('\r\n')

describe('CAPA (RFC 2449 §5)', () => {
  it('offers passwords and no STLS under TLS', () => {
    expect(capa(secure)).toEqual([
      '+OK Capability list follows',
      'TOP',
      'UIDL',
      'RESP-CODES',
      'AUTH-RESP-CODE',
      'PIPELINING',
      'LOGIN-DELAY 0',
      'EXPIRE NEVER',
      'USER',
      'SASL OAUTHBEARER XOAUTH2 PLAIN LOGIN',
      'UTF8 USER',
      'LANG',
      'IMPLEMENTATION facteur',
      '.',
      '',
    ])
  })

  it('offers STLS and no passwords before it (RFC 2595 §4)', () => {
    expect(capa(open)).toContain('STLS')
    expect(capa(open)).not.toContain('USER')
    expect(capa(open).join()).not.toContain('SASL')
  })

  it('offers no STLS where there is no certificate', () => {
    expect(capa({ ...open, tls: 'none', plainAllowed: true })).not.toContain('STLS')
    expect(say({ ...open, tls: 'none' }, 'STLS\r\n')).toEqual(['-ERR TLS is not available\r\n'])
  })
})

describe('STLS (RFC 2595 §4)', () => {
  it('forgets what was sent in the clear behind it: no injection', () => {
    const login = new Pop3Login(open)
    expect(talk(login, 'STLS\r\nUSER eve\r\nPASS x\r\n')).toEqual([
      { type: 'starttls', bytes: encodeUtf8('+OK Begin TLS now\r\n') },
    ])
    login.receive(encodeUtf8('USER eve\r\nPASS x\r\n'))
    login.tlsStarted()
    expect(login.next()).toBeUndefined()
    expect(talk(login, 'PASS x\r\n')).toEqual(['-ERR USER comes before PASS\r\n'])
    expect(talk(login, 'USER alice\r\nPASS x\r\n').at(-1)).toEqual(credentials('alice', 'x'))
  })

  it('is refused when TLS is active, and after UTF8 (RFC 6856 §2.1)', () => {
    expect(say(secure, 'STLS\r\n')).toEqual(['-ERR TLS is already active\r\n'])
    expect(say(open, 'UTF8\r\nSTLS\r\n')[1]).toBe('-ERR STLS comes before UTF8\r\n')
  })
})

describe('LANG (RFC 6856 §3)', () => {
  it('lists i-default and English, takes them and no other', () => {
    expect(say(open, 'LANG\r\n')).toEqual([
      '+OK Language listing follows\r\ni-default Default (English)\r\nen English\r\n.\r\n',
    ])
    expect(say(open, 'LANG EN\r\n')).toEqual(['+OK en Texts are English\r\n'])
    expect(say(open, 'LANG *\r\n')).toEqual(['+OK i-default Texts are English\r\n'])
    expect(say(open, 'LANG tlh\r\n')).toEqual(['-ERR There is no such language\r\n'])
  })
})

function waiting(): Pop3Login {
  const login = new Pop3Login(secure)
  talk(login, 'USER alice\r\nPASS x\r\nSTAT\r\nLI')
  return login
}

describe('the answer to a login', () => {
  it.each([
    ['wrong credentials (RFC 3206 §5)', { temporary: false }, '-ERR [AUTH] Wrong name or password\r\n'],
    ['a store that is away (RFC 3206 §4)', { temporary: true }, '-ERR [SYS/TEMP] Try again later\r\n'],
    [
      'a maildrop in use (RFC 2449 §8.1)',
      { temporary: true, text: 'Another session', code: 'IN-USE' } as const,
      '-ERR [IN-USE] Another session\r\n',
    ],
    ['a text from elsewhere', { temporary: true, text: 'a\r\n+OK' }, '-ERR [SYS/TEMP] a??+OK\r\n'],
  ])('says %s', (_, failure, line) => {
    expect(latin1(waiting().loginFailed(failure))).toBe(line)
  })

  it('leaves what was pipelined to the session (RFC 2449 §6.6)', () => {
    const login = waiting()
    login.receive(encodeUtf8('ST\r\n'))
    expect(login.next()).toBeUndefined()
    expect(latin1(login.takeRest())).toBe('STAT\r\nLIST\r\n')
  })

  it('closes after five failures, and not for a store that is away', () => {
    const login = new Pop3Login(secure)
    for (let attempt = 1; attempt <= 12; attempt++) {
      talk(login, 'USER alice\r\nPASS x\r\n')
      login.loginFailed({ temporary: attempt % 2 === 0 })
      expect(login.closed).toBe(attempt >= 9)
      if (login.closed) return
    }
  })
})

describe('a client that is none', () => {
  it.each([
    ['speaks HTTP', 'GET / HTTP/1.1\r\nHost: a\r\nAccept: b\r\nC: d\r\nE: f\r\nG: h\r\n', /Too many bad commands/],
    ['sends a line without an end', 'x'.repeat(8194), /Line too long/],
    ['never logs in', 'CAPA\r\n'.repeat(51), /Too many commands before login/],
    ['sends a SASL response without an end', `AUTH PLAIN\r\n${'x'.repeat(8194)}`, /Line too long/],
  ])('and %s is closed', (_, sent, reason) => {
    const login = new Pop3Login(secure)
    expect(text(talk(login, sent).at(-1))).toMatch(reason)
    expect(login.closed).toBe(true)
    expect(talk(login, 'CAPA\r\n')).toEqual([])
  })

  it('and floods while its login is checked is closed', () => {
    const login = new Pop3Login(secure)
    talk(login, 'USER alice\r\nPASS x\r\n')
    expect(text(talk(login, 'NOOP\r\n'.repeat(20_000), 4096)[0])).toMatch(/Too much input/)
    expect(login.closed).toBe(true)
  })

  it('gets one answer, one line, for each line, whatever it sends', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 5 }), (given) => {
        const sent = given.map((line) => line.replaceAll(/[\r\n]/g, ''))
        const answers = say(secure, sent.map((line) => `${line}\r\n`).join(''))
        for (const answer of answers) if (typeof answer === 'string') expect(answer).toMatch(/^(?:\+OK|\+|-ERR) /)
      }),
    )
  })

  it('may say goodbye', () => {
    const login = new Pop3Login(secure)
    expect(talk(login, 'QUIT\r\nCAPA\r\n')).toEqual(['+OK Goodbye\r\n'])
    expect(login.closed).toBe(true)
  })
})
