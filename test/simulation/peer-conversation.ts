/**
 * One connection to another mail server: the dialogue, up to where its fault shows.
 */
import type { Chance } from './chance.ts'
import type { SimulatedSocket } from './network.ts'
import type { Fault, Journal, PeerPlan } from './peer.ts'
import type { VirtualTime } from './virtual-time.ts'

export class Conversation {
  readonly #peer: { name: string; plan: PeerPlan }
  readonly #socket: SimulatedSocket
  readonly #fault: Fault | undefined
  readonly #time: VirtualTime
  readonly #chance: Chance
  readonly #journal: Journal
  #buffer = ''
  /** The reverse-path. */
  #sender: string | undefined
  #recipients: string[] = []
  #receiving = false
  #silent = false

  constructor(
    peer: { name: string; plan: PeerPlan },
    socket: SimulatedSocket,
    fault: Fault | undefined,
    time: VirtualTime,
    chance: Chance,
    journal: Journal,
  ) {
    this.#peer = peer
    this.#socket = socket
    this.#fault = fault
    this.#time = time
    this.#chance = chance
    this.#journal = journal
  }

  start(): void {
    const socket = this.#socket
    if (this.#fault === 'tls-failed') socket.meetTls = () => 'failed'
    if (this.#fault === 'tls-silent') socket.meetTls = () => 'silent'
    socket.handle({
      data: (chunk) => this.#receive(chunk),
      end: () => socket.end(),
      close: () => (this.#silent = true),
    })
    this.#greet()
  }

  #greet(): void {
    switch (this.#fault) {
      case 'greeting-421':
        return this.#sayAndClose('421 4.3.2 Closed for a while')
      case 'greeting-554':
        return this.#sayAndClose('554 5.3.2 No mail here')
      case 'greeting-half':
        this.#write(`220-${this.#peer.name} wel`)
        return this.#drop()
      case 'greeting-garbage':
        return this.#say('HTTP/1.1 400 Bad Request')
      case 'greeting-never':
        return
      case 'lines':
        return this.#say(`220-${this.#peer.name} ESMTP`, '220-No spam.', '220 Really.')
      default:
        this.#say(`220 ${this.#peer.name} ESMTP`)
    }
  }

  #receive(chunk: Uint8Array): void {
    this.#buffer += Buffer.from(chunk).toString('latin1')
    for (;;) {
      if (this.#silent) return
      const end = this.#buffer.indexOf(this.#receiving ? '\r\n.\r\n' : '\r\n')
      if (end < 0) return
      const line = this.#buffer.slice(0, end)
      if (this.#receiving) {
        this.#buffer = this.#buffer.slice(end + 5)
        this.#message(`${line}\r\n`)
      } else {
        this.#buffer = this.#buffer.slice(end + 2)
        this.#command(line)
      }
    }
  }

  #command(line: string): void {
    const verb = line.slice(0, 4).toUpperCase()
    switch (verb) {
      case 'EHLO':
        return this.#ehlo()
      case 'HELO':
        return this.#say(`250 ${this.#peer.name}`)
      case 'STAR':
        if (this.#fault === 'tls-454') return this.#say('454 4.7.0 Not now')
        return this.#say('220 2.0.0 Go ahead')
      case 'MAIL':
        return this.#mail(line)
      case 'RCPT':
        return this.#rcpt(line)
      case 'DATA':
        return this.#data()
      case 'RSET':
        this.#reset()
        return this.#say('250 2.0.0 Reset')
      case 'NOOP':
        return this.#say('250 2.0.0 Fine')
      case 'QUIT':
        if (this.#fault === 'quit-never') return
        this.#say('221 2.0.0 Bye')
        return this.#socket.end()
      default:
        return this.#say('500 5.5.1 What?')
    }
  }

  #ehlo(): void {
    if (this.#fault === 'ehlo-5xx') return this.#say('502 5.5.1 HELO, please')
    if (this.#fault === 'ehlo-421') return this.#sayAndClose('421 4.3.2 Busy')
    if (this.#fault === 'ehlo-drop') return this.#drop()
    const keywords = this.#peer.plan.keywords.filter(
      (keyword) => keyword !== 'STARTTLS' || this.#socket.tls === undefined,
    )
    const lines = [this.#peer.name, ...keywords]
    this.#say(...lines.map((text, index) => `250${index === lines.length - 1 ? ' ' : '-'}${text}`))
    if (this.#fault === 'unasked') this.#say('421 4.3.2 And by the way')
  }

  #mail(line: string): void {
    if (this.#fault === 'mail-4xx') return this.#say('451 4.3.0 Not now')
    if (this.#fault === 'mail-421') return this.#sayAndClose('421 4.7.0 Too many messages from you')
    if (this.#fault === 'mail-5xx') return this.#say('550 5.7.1 Not from you')
    this.#fresh()
    this.#sender = /^MAIL FROM:<([^>]*)>/i.exec(line)?.[1]
    this.#say('250 2.1.0 Sender fine')
  }

  #rcpt(line: string): void {
    const address = /^RCPT TO:<([^>]*)>/i.exec(line)?.[1]
    if (this.#sender === undefined || address === undefined) return this.#say('503 5.5.1 MAIL first')
    switch (this.#fault) {
      case 'rcpt-greylist':
        return this.#say('450 4.7.1 Greylisted, come again')
      case 'rcpt-421':
        return this.#sayAndClose('421 4.7.0 Enough')
      case 'rcpt-5xx':
        return this.#say('550 5.1.1 No such user')
      case 'rcpt-some-5xx':
        if (this.#chance.happens(0.5)) return this.#say('550-5.1.1 No such user', '550 5.1.1 at all')
        break
      case 'rcpt-452':
        if (this.#recipients.length > 0 || this.#chance.happens(0.3)) return this.#say('452 4.5.3 Too many recipients')
        break
      default:
    }
    this.#recipients.push(address)
    this.#say('250 2.1.5 Recipient fine')
  }

  #data(): void {
    if (this.#recipients.length === 0) return this.#say('554 5.5.1 No valid recipients')
    if (this.#fault === 'data-4xx') return this.#say('451 4.3.0 Disk trouble')
    if (this.#fault === 'data-5xx') return this.#say('554 5.7.1 No')
    if (this.#fault === 'data-drop') return this.#drop()
    this.#receiving = true
    // An empty message is its dot alone.
    this.#buffer = `\r\n${this.#buffer}`
    this.#say('354 Go ahead')
  }

  #message(content: string): void {
    this.#receiving = false
    const raw = content.slice(2).replaceAll(/^\.(?=.)/gm, '')
    const recipients = this.#recipients
    const sender = this.#sender ?? ''
    this.#reset()
    switch (this.#fault) {
      case 'dot-4xx':
        return this.#say('451 4.3.0 Try again')
      case 'dot-5xx':
        return this.#say('554-5.7.1 We do not', '554 5.7.1 like it')
      case 'dot-421':
        return this.#sayAndClose('421 4.3.2 Shutting down')
      case 'dot-never':
        this.#silent = true
        return
      case 'dot-drop':
        return this.#drop()
      default:
    }
    this.#journal.took(raw, recipients, sender)
    switch (this.#fault) {
      case 'dot-taken-never':
        this.#silent = true
        return
      case 'dot-taken-drop':
        return this.#drop()
      case 'dot-taken-half':
        this.#write('250-2.0.0 Half of')
        return this.#drop()
      case 'dot-taken-garbage':
        return this.#say('2x0 \u0000 ok?')
      case 'dot-slow':
        this.#time.after(this.#chance.duration(1_000, 590_000), () => this.#prove(raw, recipients))
        return
      default:
        this.#prove(raw, recipients)
    }
  }

  #prove(raw: string, recipients: readonly string[]): void {
    if (this.#silent) return
    this.#socket.say(octets('250 2.0.0 Taken as x1\r\n'), () => this.#journal.proved(raw, recipients))
  }

  #fresh(): void {
    this.#recipients = []
  }

  #reset(): void {
    this.#sender = undefined
    this.#fresh()
  }

  #say(...lines: string[]): void {
    this.#write(lines.map((line) => `${line}\r\n`).join(''))
  }

  #sayAndClose(line: string): void {
    this.#say(line)
    this.#silent = true
    this.#socket.end()
  }

  #write(text: string): void {
    this.#socket.write(octets(text))
  }

  #drop(): void {
    this.#silent = true
    this.#socket.destroy()
  }
}

function octets(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}
