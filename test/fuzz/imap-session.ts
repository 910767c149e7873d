/**
 * Says to an IMAP session what no client should, and holds it to the protocol all the same: each command is answered by
 * exactly one tagged response, or by BYE; whatever is said is grammatical; nothing reaches the log as a bug.
 *
 * The same seed does the same. With `oneByOne` a literal is sent when it is asked for, as a client does; a stream is
 * pushed in without listening.
 */
import { Random } from '../access/imap/client/random.ts'
import type { Response } from '../access/imap/client/response.ts'
import { ResponseStream } from '../access/imap/client/response-stream.ts'
import { Client, deliver, newStore, settled, simple } from '../access/imap/harness.ts'
import { commands, words } from './imap-dictionary.ts'

const limits = { line: 2_000, argumentLiteral: 500, appendLimit: 4_096, appendTotal: 8_192, badCommands: 30 }
/** What the session reads and throws away of a literal that it refuses; larger ones end the connection. */
const discard = 8 * limits.appendTotal

const nested = [
  'From: =?utf-8?q?Gr=C3=BC=C3=9Fe?= <a@x.test>, undisclosed:;',
  'Subject: Re: Gr\u00c3\u00bc\u00c3\u009fe',
  'Content-Type: multipart/mixed; boundary="b"',
  '',
  '--b',
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  'Gr=C3=BC=C3=9Fe=00',
  '--b',
  'Content-Type: message/rfc822',
  '',
  simple,
  '--b',
  'Content-Transfer-Encoding: x-unknown',
  '',
  '--b--',
].join('\r\n')

export class SessionFuzz {
  readonly #random: Random
  #client!: Client
  #stream!: ResponseStream
  #tags = 0
  #age = 0
  /** What was sent to the session that is open. */
  #said: string[] = []

  constructor(seed: number) {
    this.#random = new Random(seed)
    this.#open()
  }

  /** One command, or one piece of a stream. Throws, with what was said, when the session breaks a rule. */
  async run(): Promise<void> {
    if (this.#client.session.closed || this.#age++ > 150) this.#open()
    try {
      await (this.#random.chance(0.85) ? this.#oneByOne() : this.#push())
      if (this.#client.errors.length > 0) throw new Error('a bug was logged', { cause: this.#client.errors[0] })
    } catch (error) {
      throw new Error(`${String(error)}\n${this.#said.slice(-40).join('')}`, { cause: error })
    }
  }

  #open(): void {
    const store = newStore({ maxMailboxes: 60 })
    deliver(store, [simple, nested, simple])
    this.#client = new Client(store, { limits })
    this.#stream = new ResponseStream()
    this.#said = []
    this.#age = 0
  }

  async #say(text: string): Promise<Response[]> {
    this.#said.push(`C: ${text}`)
    if (this.#random.chance(0.05) && this.#client.session.state() !== undefined) this.#client.hibernate()
    for (let at = 0; at < text.length;) {
      const size = this.#random.chance(0.8) ? text.length : this.#random.between(1, 20)
      await this.#client.session.receive(Uint8Array.from(text.slice(at, at + size), (char) => char.charCodeAt(0)))
      at += size
    }
    await settled()
    const heard = this.#client.take()
    this.#said.push(`S: ${heard}`)
    this.#stream.receive(heard)
    const responses = [...this.#stream.all()]
    if (!this.#stream.empty) throw new Error('a response that does not end')
    const enabled = this.#client.session.state()?.enabled ?? []
    this.#stream.utf8 = enabled.includes('IMAP4rev2') || enabled.includes('UTF8=ACCEPT')
    return responses
  }

  async #oneByOne(): Promise<void> {
    const tag = `f${++this.#tags}`
    let line = `${tag} ${this.#command()}`
    for (let rounds = 0; ; rounds++) {
      const responses = await this.#say(`${line}\r\n`)
      const tagged = responses.filter((response) => response.kind === 'status' && response.tag !== undefined)
      const last = responses.at(-1)
      if (this.#client.session.closed) return this.#ended(responses)
      if (tagged.length > 0) {
        // News may follow where the client has asked for them at any time (RFC 5465, RFC 5267).
        if (tagged.length > 1) throw new Error('more than one answer')
        if ('tag' in tagged[0]! && tagged[0].tag !== tag) throw new Error('the answer to another command')
        return
      }
      if (rounds > 50) throw new Error('no answer')
      const size = Number(/\{(\d{1,10})\+?\}$/.exec(line)?.[1] ?? -1)
      if (last?.kind === 'continue' && last.text === 'idling') line = this.#random.pick(['DONE', 'done', 'DONT'])
      else if (size >= 0 && size <= discard)
        line = `${this.#octets(size)}${this.#random.chance(0.8) ? '' : this.#broken(' INBOX')}`
      else throw new Error('neither an answer nor a literal to send')
    }
  }

  /** Anything in any order; what comes back must be grammatical. */
  async #push(): Promise<void> {
    let stream = ''
    for (let piece = this.#random.between(1, 4); piece > 0; piece--) {
      stream += `${this.#random.pick(['s1 ', 's2 ', '', ' ', '* ', '+ '])}${this.#command()}`
      stream += this.#random.pick(['\r\n', '\r\n', '\n', '\r', '\0', ''])
    }
    await this.#say(stream)
    // So that the next command begins on a line of its own: whatever literal was left open is filled.
    for (let rounds = 0; rounds < 20 && !this.#client.session.closed; rounds++) {
      const answered = (await this.#say(`${rounds === 0 ? '\r\n' : this.#octets(4_096)}\r\nDONE\r\nz NOOP\r\n`)).some(
        (response) => response.kind === 'status' && response.tag === 'z',
      )
      if (answered && (await this.#say('z NOOP\r\n')).some(({ kind }) => kind === 'status')) return
    }
    this.#open()
  }

  #ended(responses: readonly Response[]): void {
    if (!responses.some((response) => response.kind === 'status' && response.status === 'BYE')) {
      throw new Error('closed without BYE')
    }
  }

  #command(): string {
    const random = this.#random
    const { selected } = this.#client.session.state() ?? {}
    if (selected === undefined && random.chance(0.5))
      return random.pick(['SELECT INBOX', 'SELECT Archive', 'EXAMINE INBOX'])
    const command = random.pick(commands)
    // Without message numbers, most that follows would be refused.
    if (command === 'ENABLE UIDONLY' && random.chance(0.8)) return 'NOOP'
    if (random.chance(0.4)) return command
    return random.chance(0.1) ? this.#broken(random.some(words, 0.03).join(' ')) : this.#broken(command)
  }

  /** The same with some of its words lost, doubled or changed for others. */
  #broken(text: string): string {
    const random = this.#random
    const parts = text.split(/(?<=[ ()])|(?=[ ()])/)
    for (let changes = random.pick([1, 1, 1, 2, 3]); changes > 0; changes--) {
      const at = random.below(parts.length)
      const word = random.pick(words)
      const how = random.below(6)
      if (how === 0) parts.splice(at, 1)
      else if (how === 1) parts.splice(at, 0, parts[at] ?? '')
      else if (how === 2) parts.splice(at, 0, word)
      else if (how === 3) parts[at] = random.pick(random.pick(commands).split(' '))
      else if (how === 4) parts[at] = (parts[at] ?? '').slice(0, -1)
      else parts[at] = word
    }
    return parts.join('').replace(/[\r\n\0]/g, '')
  }

  #octets(size: number): string {
    const filler = this.#random.pick(['a', 'Subject: x\r\n\r\n', '\u00c3\u00a4', '"\\', 'INBOX'])
    return filler.repeat(Math.ceil(size / filler.length)).slice(0, size)
  }
}
