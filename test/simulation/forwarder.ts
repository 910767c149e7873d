/**
 * Addresses at other servers that send on what they get, tell the sender when that is refused, and leave lists: written apart
 * from our own aliases.
 *
 * Each copy that goes on has a name of its own, and what has been where is remembered here: a copy that comes to the same
 * address of ours for the third time has not been stopped there.
 */
import { hosted } from './addresses.ts'
import { passedOn, tokenOf } from './message.ts'
import type { Scene } from './scene.ts'
import type { MessagePlan } from './sender.ts'
import type { Forward, Leaver } from './town.ts'
import { Violation } from './violation.ts'

export interface ForwarderPorts {
  scene: Scene
  /** `refused` is called with what is refused for good. */
  send(plan: MessagePlan, refused?: (recipients: readonly string[], line: string) => void): void
  /** Whether a report to that address is taken as soon as nothing is out of order. */
  takesReports(address: string): boolean
  /** Asks a list to let a member go, again and again until it answers. */
  leave(list: string, member: string): void
}

/** A way round everything, and once more: mail that goes further multiplies. */
const mostPassages = 3
/** RFC 5321 §4.5.3.1.1 */
const longestLocalPart = 64

export class Forwarder {
  readonly #ports: ForwarderPorts
  /** By the name of a copy: addresses of ours to which it was sent on, the first first. */
  readonly #passages = new Map<string, readonly string[]>()
  readonly #left = new Set<Leaver>()
  #sent = 0
  #told = 0

  constructor(ports: ForwarderPorts) {
    this.#ports = ports
  }

  /** A server outside has taken a message. */
  took(raw: string, recipients: readonly string[], sender: string, server: string): void {
    const { forwards, leavers } = this.#ports.scene.plan.town
    for (const recipient of recipients) {
      const forward = forwards[recipient]
      if (forward !== undefined) this.#sendOn(raw, forward, sender, server)
      // What another server had rewritten comes back to it, and goes on to whom it stands for.
      const origin = originOf(recipient)
      if (origin !== undefined && isOurs(domainOf(origin))) this.#sendBack(raw, origin, server)
      for (const leaver of leavers) if (leaver.address === recipient) this.#leave(raw, leaver)
    }
  }

  #sendOn(raw: string, { to, unmarked, rewrites }: Forward, sender: string, server: string): void {
    const token = tokenOf(raw)
    if (token === undefined) return
    const passed = this.#passages.get(token) ?? []
    if (passed.filter((one) => one === to).length >= mostPassages - 1)
      throw new Violation(`${token} goes round and round by ${to}`)
    const id = `f${++this.#sent}`
    const text = passedOn(unmarked ? withoutMarks(raw) : raw, id, server)
    const name = tokenOf(text) as string
    const from = rewrites ? rewritten(sender, ownerOf(server)) : sender
    const further = this.#ports.scene.plan.town.forwards[to]
    this.#passages.set(name, isOurs(domainOf(to)) ? [...passed, to] : passed)
    if (further !== undefined) return this.#sendOn(text, further, from, `mx.${domainOf(to)}`)
    this.#ports.send(this.#plan(name, from, to, text), (_, line) => this.#tell(text, from, to, line, server))
  }

  #sendBack(raw: string, to: string, server: string): void {
    const text = passedOn(raw, `f${++this.#sent}`, server)
    this.#ports.send(this.#plan(tokenOf(text) as string, '', to, text))
  }

  /** A report to the sender (RFC 3464), where that is one of ours. */
  #tell(text: string, from: string, recipient: string, line: string, server: string): void {
    // Another server that has rewritten it passes it on.
    const sender = isOurs(domainOf(from)) ? from : (originOf(from) ?? from)
    if (!isOurs(domainOf(sender))) return
    const token = `bounce.${++this.#told}`
    const [, status = '5.0.0'] = /^\d{3} (\d\.\d+\.\d+)/.exec(line) ?? []
    const body = [
      part('text/plain', 'It could not be delivered.'),
      part(
        'message/delivery-status',
        `Reporting-MTA: dns; ${server}\r\n\r\nFinal-Recipient: rfc822; ${recipient}\r\nAction: failed\r\nStatus: ${status}`,
      ),
      part('text/rfc822-headers', text.slice(0, text.indexOf('\r\n\r\n'))),
      '--b--\r\n',
    ].join('')
    const header = [
      `From: <postmaster@${ownerOf(server)}>`,
      `To: <${sender}>`,
      'Subject: Undelivered',
      'Date: Mon, 23 Nov 2026 08:00:00 +0000',
      `Message-ID: <${token}@sim.test>`,
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    ]
    this.#ports.send(this.#plan(token, '', sender, `${header.join('\r\n')}\r\n\r\n${body}`), (_, answer) => {
      // Only a member who has left is not known any more.
      if (!sender.includes('-bounces+') && this.#ports.takesReports(sender))
        throw new Violation(`${sender} does not take back what it has sent on: ${answer}`)
    })
  }

  /** By what the first message says that came from a list (RFC 2369, RFC 8058). */
  #leave(raw: string, leaver: Leaver): void {
    const [, list, member] =
      /^List-Unsubscribe:[^:]*[\s\S]*?mailto:([a-z]+)-unsubscribe\+([0-9a-z-]+)@/im.exec(raw) ?? []
    if (list === undefined || member === undefined || this.#left.has(leaver)) return
    this.#left.add(leaver)
    this.#ports.scene.trace.note(`leaves ${list} by ${leaver.by}: ${leaver.address}`)
    if (leaver.by === 'link') this.#ports.leave(list, member)
    else {
      const token = `leave.${++this.#told}`
      this.#ports.send({
        ...this.#plan(token, leaver.address, `${list}-unsubscribe+${member}@facteur.test`),
        body: 'Bye.\r\n',
      })
    }
  }

  #plan(token: string, from: string, to: string, text?: string): MessagePlan {
    return {
      token,
      at: 60_000,
      door: 'mx',
      account: '',
      from,
      recipients: [{ address: to }],
      ...(text === undefined ? {} : { text }),
      body: text === undefined ? '' : text.slice(text.indexOf('\r\n\r\n') + 4),
      pipelining: true,
    }
  }
}

function part(type: string, content: string): string {
  return `--b\r\nContent-Type: ${type}\r\n\r\n${content}\r\n`
}

/** The Sender Rewriting Scheme in a few words, for what nobody has rewritten yet; the hash is nobody's business here. */
function rewritten(sender: string, domain: string): string {
  const [, local = '', of = ''] = /^(.*)@(.*)$/.exec(sender) ?? []
  const name = `SRS0=AAAA=BB=${of}=${local}`
  const stays = sender === '' || /^SRS[01]=/i.test(sender) || name.length > longestLocalPart
  return stays ? sender : `${name}@${domain}`
}

/** Undefined for an address that nobody has rewritten. */
function originOf(address: string): string | undefined {
  const [, of, local] = /^SRS0=[^=]*=[^=]*=([^=]*)=(.*)@[^@]*$/i.exec(address) ?? []
  return local === undefined ? undefined : `${local}@${of}`
}

function withoutMarks(raw: string): string {
  const end = raw.indexOf('\r\n\r\n') + 2
  return raw.slice(0, end).replace(/^(?:Delivered-To|List-Id):.*\r\n(?:[ \t].*\r\n)*/gim, '') + raw.slice(end)
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

/** Whose server it is. */
function ownerOf(server: string): string {
  return server.slice(server.indexOf('.') + 1)
}

function isOurs(domain: string): boolean {
  return hosted.includes(domain)
}
