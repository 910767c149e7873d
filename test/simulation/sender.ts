/**
 * Who hands mail in: another mail server or a mail app, written apart from our client engine. It keeps trying what was not
 * answered for good, as SMTP demands, and tells the ledger what it was promised.
 */
import type { Chance } from './chance.ts'
import type { Ledger } from './ledger.ts'
import { textOfMessage } from './message.ts'
import type { SimulatedNetwork, SimulatedSocket } from './network.ts'
import type { VirtualTime } from './virtual-time.ts'

export interface MessagePlan {
  token: string
  /** Milliseconds since the beginning of the run. */
  at: number
  /**
   * `mx`: from outside, for our own domains; `submission`: by one of our accounts; `later`: by one of them at the beginning,
   * to be held until `at`.
   */
  door: 'mx' | 'submission' | 'later'
  account: string
  from: string
  recipients: readonly { address: string; notify?: readonly string[] }[]
  ret?: 'FULL' | 'HDRS'
  /** The whole message, where it is not made from the rest. */
  text?: string
  body: string
  pipelining: boolean
}

export interface SenderPorts {
  network: SimulatedNetwork
  time: VirtualTime
  ledger: Ledger
  chance: Chance
  note(line: string): void
  /** Those are refused for good, with this line. */
  refused?: (recipients: readonly string[], line: string) => void
}

const mostTries = 25

export class Sender {
  readonly #plan: MessagePlan
  readonly #ports: SenderPorts
  #tries = 0
  #open

  constructor(plan: MessagePlan, ports: SenderPorts) {
    this.#plan = plan
    this.#ports = ports
    this.#open = [...plan.recipients]
  }

  start(): void {
    this.#ports.ledger.message(this.#plan)
    this.#ports.time.after(this.#plan.at, () => void this.#attempt())
  }

  async #attempt(): Promise<void> {
    const { network } = this.#ports
    this.#tries++
    try {
      const socket = await network.open(`door ${this.#plan.door}`, 30_000, undefined)
      new Dialogue(this.#plan, this.#open, this.#ports, socket, (again) => this.#later(again)).start()
    } catch (error) {
      this.#ports.note(`${this.#plan.token}: cannot connect: ${(error as Error).message}`)
      this.#later(this.#open)
    }
  }

  #later(again: MessagePlan['recipients']): void {
    this.#open = [...again]
    if (again.length === 0 || this.#tries >= mostTries) return
    const wait = Math.min(4 * 3_600_000, 60_000 * 2 ** this.#tries)
    this.#ports.time.after(this.#ports.chance.whole(wait / 2, wait), () => void this.#attempt())
  }
}

interface Step {
  line: string
  /** What the reply must begin with to go on. */
  want: RegExp
  recipient?: MessagePlan['recipients'][number]
}

class Dialogue {
  readonly #plan: MessagePlan
  readonly #ports: SenderPorts
  readonly #socket: SimulatedSocket
  readonly #over: (again: MessagePlan['recipients']) => void
  readonly #recipients: MessagePlan['recipients']
  #steps: Step[]
  #waiting: Step[] = [{ line: '', want: /^220/ }]
  #input = ''
  #taken: MessagePlan['recipients'][number][] = []
  #later: MessagePlan['recipients'][number][] = []
  #content = false
  #done = false

  constructor(
    plan: MessagePlan,
    recipients: MessagePlan['recipients'],
    ports: SenderPorts,
    socket: SimulatedSocket,
    over: (again: MessagePlan['recipients']) => void,
  ) {
    this.#plan = plan
    this.#recipients = recipients
    this.#ports = ports
    this.#socket = socket
    this.#over = over
    const login = Buffer.from(`\0${plan.account}\0secret`).toString('base64')
    const ret = plan.ret === undefined ? '' : ` RET=${plan.ret} ENVID=${plan.token}`
    this.#steps = [
      { line: 'EHLO client.test', want: /^250/ },
      ...(plan.door === 'submission' ? [{ line: `AUTH PLAIN ${login}`, want: /^235/ }] : []),
      { line: `MAIL FROM:<${plan.from}>${ret}`, want: /^250/ },
      ...recipients.map((recipient): Step => {
        const notify = recipient.notify === undefined ? '' : ` NOTIFY=${recipient.notify.join(',')}`
        return { line: `RCPT TO:<${recipient.address}>${notify}`, want: /^/, recipient }
      }),
      { line: 'DATA', want: /^354/ },
    ]
  }

  start(): void {
    this.#socket.handle({
      data: (chunk) => this.#receive(Buffer.from(chunk).toString('latin1')),
      end: () => this.#fail('the server hung up'),
      close: () => this.#fail('the connection is gone'),
    })
    this.#ports.time.after(20 * 60_000, () => this.#fail('no answer in time'))
  }

  #receive(text: string): void {
    this.#input += text
    for (let end = this.#input.indexOf('\r\n'); end >= 0 && !this.#done; end = this.#input.indexOf('\r\n')) {
      const line = this.#input.slice(0, end)
      this.#input = this.#input.slice(end + 2)
      if (line[3] !== '-') this.#reply(line)
    }
  }

  #reply(line: string): void {
    const step = this.#waiting.shift()
    if (this.#content) return this.#final(line)
    if (step === undefined || line.startsWith('421')) return this.#fail(`heard ${line}`)
    if (step.recipient !== undefined) {
      if (line.startsWith('2')) this.#taken.push(step.recipient)
      else if (line.startsWith('4')) this.#later.push(step.recipient)
      else this.#refused([step.recipient], line)
    } else if (!step.want.test(line)) {
      if (step.line === 'DATA' && this.#taken.length === 0) return this.#finish(this.#later)
      this.#ports.note(`${this.#plan.token}: ${step.line.slice(0, 10)} is answered by ${line}`)
      if (line.startsWith('5')) this.#refused(this.#recipients, line)
      return this.#finish(line.startsWith('5') ? [] : this.#recipients)
    }
    if (step.line === 'DATA') {
      if (this.#taken.length === 0) return this.#fail('DATA without recipients was let in')
      this.#content = true
      this.#write(`${this.#text()}.\r\n`)
      return
    }
    if (this.#waiting.length === 0) this.#next()
  }

  #next(): void {
    const first = this.#steps[0]
    if (first === undefined) return
    const batched = this.#plan.pipelining && /^(MAIL|RCPT)/.test(first.line)
    const batch = this.#steps.splice(0, batched ? this.#steps.length : 1)
    this.#waiting = batch
    this.#write(batch.map(({ line }) => `${line}\r\n`).join(''))
  }

  #final(line: string): void {
    const { token } = this.#plan
    this.#content = false
    if (line.startsWith('250')) {
      this.#ports.ledger.accepted(token, this.#taken)
      this.#ports.ledger.watch.taken(
        token,
        this.#taken.map(({ address }) => address),
        line,
      )
      return this.#finish(this.#later)
    }
    this.#ports.note(`${token}: the dot is answered by ${line}`)
    if (line.startsWith('5')) {
      this.#refused(this.#taken, line)
      return this.#finish(this.#later)
    }
    // Some copies may be safe already: the next try doubles those.
    this.#ports.ledger.excuse(token, 'its sender was told to come again')
    this.#finish(this.#recipients)
  }

  #refused(recipients: MessagePlan['recipients'], line: string): void {
    const addresses = recipients.map(({ address }) => address)
    this.#ports.note(`${this.#plan.token}: ${addresses.join(', ')} refused: ${line}`)
    this.#ports.refused?.(addresses, line)
  }

  #fail(why: string): void {
    if (this.#done) return
    this.#ports.note(`${this.#plan.token}: ${why}`)
    if (this.#content) this.#ports.ledger.excuse(this.#plan.token, 'its sender did not hear the answer to the dot')
    this.#finish(this.#recipients)
  }

  #finish(again: MessagePlan['recipients']): void {
    if (this.#done) return
    this.#done = true
    this.#write('QUIT\r\n')
    this.#socket.end()
    this.#over(again)
  }

  #text(): string {
    return textOfMessage(this.#plan).replaceAll(/^\./gm, '..')
  }

  #write(text: string): void {
    this.#socket.write(Buffer.from(text, 'latin1'))
  }
}
