/**
 * Says to the login engine what anybody on the Internet may say: it must not throw, must not say anything ungrammatical, and
 * must end a connection that goes on for too long.
 */
import { fromLatin1, latin1 } from '../../src/format/index.ts'
import { ImapLogin, type ImapLoginEvent } from '../../src/protocol/imap/index.ts'
import { Random } from '../access/imap/client/random.ts'
import { ResponseStream } from '../access/imap/client/response-stream.ts'
import { words } from './imap-dictionary.ts'

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')

const lines: readonly string[] = [
  'CAPABILITY',
  'NOOP',
  'ID NIL',
  'ID ("name" "x" "version" NIL)',
  'LOGOUT',
  'STARTTLS',
  'LOGIN alice secret',
  'LOGIN "al\\"ice" "sec\\\\ret"',
  'LOGIN {5} {6+}',
  'LOGIN {5+}',
  'AUTHENTICATE PLAIN',
  'AUTHENTICATE LOGIN',
  `AUTHENTICATE PLAIN ${base64('\0alice\0secret')}`,
  'AUTHENTICATE PLAIN =',
  `AUTHENTICATE SCRAM-SHA-256 ${base64('n,,n=alice,r=fyko+d2lbbFgONRv9qkxdawL')}`,
  `AUTHENTICATE SCRAM-SHA-256-PLUS ${base64('p=tls-exporter,,n=alice,r=nonce')}`,
  `AUTHENTICATE OAUTHBEARER ${base64('n,a=alice,\x01auth=Bearer token\x01\x01')}`,
  `AUTHENTICATE XOAUTH2 ${base64('user=alice\x01auth=Bearer token\x01\x01')}`,
]

const answers: readonly string[] = [
  '*',
  '',
  '=',
  '====',
  'not base64!',
  base64('alice'),
  base64('\0alice\0secret'),
  base64('c=biws,r=fyko+d2lbbFgONRv9qkxdawLnonce,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='),
  base64('\x01'),
  'A'.repeat(3_000),
]

export class LoginFuzz {
  readonly #random: Random

  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  /** One connection from greeting to end. Throws, with what was said, when a rule is broken. */
  run(): void {
    const random = this.#random
    const said: string[] = []
    const stream = new ResponseStream()
    const login = new ImapLogin({
      hostname: 'mail.facteur.test',
      tls: random.pick(['active', 'available', 'none']),
      plainAllowed: random.chance(0.5),
      sasl: { nonce: () => 'nonce', channelBinding: () => (random.chance(0.5) ? undefined : Uint8Array.of(1, 2, 3)) },
    })
    const hear = (bytes: Uint8Array): void => {
      said.push(`S: ${latin1(bytes)}`)
      stream.receive(latin1(bytes))
      for (const response of stream.all()) void response
      if (!stream.empty) throw new Error('a response that does not end')
    }
    try {
      hear(login.greeting())
      for (let turn = 0; !login.closed; turn++) {
        if (turn > 500) throw new Error('a connection without an end')
        const text = this.#piece(turn)
        said.push(`C: ${text}`)
        login.receive(fromLatin1(text))
        for (let event = login.next(); event !== undefined; event = login.next()) {
          if (event.type === 'login' && random.chance(0.2)) return void login.takeRest()
          this.#react(login, event, hear)
        }
      }
    } catch (error) {
      throw new Error(`${String(error)}\n${said.join('')}`, { cause: error })
    }
  }

  #react(login: ImapLogin, event: ImapLoginEvent, hear: (bytes: Uint8Array) => void): void {
    const random = this.#random
    if (event.type === 'starttls') {
      hear(event.bytes)
      login.tlsStarted()
    } else if (event.type === 'reply' || event.type === 'close') hear(event.bytes)
    else if (event.type === 'ask' && random.chance(0.7)) {
      login.answered(event.question.ask === 'salt' ? { salt: 'QUJD', iterations: 4096 } : { signature: 'QUJD' })
    } else hear(login.loginFailed({ temporary: random.chance(0.3), text: random.pick(['No', 'N\u00f6\r\nx OK']) }))
  }

  #piece(turn: number): string {
    const random = this.#random
    const end = random.pick(['\r\n', '\r\n', '\r\n', '\n', ''])
    const chance = random.below(10)
    if (chance < 2) return `${random.pick(answers)}${end}`
    if (chance < 3) return `${random.some(words, 0.03).join(' ')}${end}`
    const parts = random.pick(lines).split(' ')
    if (random.chance(0.3)) parts[random.below(parts.length)] = random.pick(words)
    return `${random.pick(['t', 't', 't', '*', '+', ''])}${turn} ${parts.join(' ')}${end}`
  }
}
