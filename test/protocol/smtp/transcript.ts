/**
 * Wire transcripts: `C:` is what the client says, `S:` what the server must answer, as in the examples of RFC 5321.
 */
import { expect } from 'vitest'
import {
  type Envelope,
  type Reply,
  type SmtpEvent,
  SmtpServer,
  type SmtpServerOptions,
} from '../../../src/protocol/smtp/index.ts'
import { chunked } from '../../chunked.ts'

/** How the host of a test answers; undefined takes the friendly default. */
export type Answers = (event: SmtpEvent) => Reply | undefined

export const friendly: Answers = () => undefined

export interface Delivered {
  envelope: Envelope
  content: string
}

export interface Outcome {
  /** All the server wrote, as text. */
  output: string
  messages: Delivered[]
  /** Types of the events in order; consecutive `content` counts once. */
  events: string[]
  closed: string | undefined
  server: SmtpServer
}

export const options: SmtpServerOptions = {
  hostname: 'mx.example.org',
  mode: 'mx',
  tls: 'none',
  maxMessageSize: 100_000,
}

export const submission: SmtpServerOptions = { ...options, mode: 'submission', allowPlaintextAuth: true }

const defaults: Readonly<Record<string, Reply>> = {
  starttls: { code: 220, text: 'Go ahead' },
  auth: { code: 235, enhanced: '2.7.0', text: 'Welcome' },
  verify: { code: 252, enhanced: '2.5.0', text: 'Cannot VRFY' },
  mail: { code: 250, enhanced: '2.1.0', text: 'Sender OK' },
  recipient: { code: 250, enhanced: '2.1.5', text: 'Recipient OK' },
  data: { code: 354, text: 'Go ahead' },
  message: { code: 250, enhanced: '2.0.0', text: 'Stored' },
}

export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}

export function text(octets: Uint8Array): string {
  let result = ''
  for (const octet of octets) result += String.fromCharCode(octet)
  return result
}

/** Runs a whole client against a fresh server (after the greeting), `size` bytes at a time. */
export function converse(
  input: string | Uint8Array,
  {
    size = Infinity,
    answers = friendly,
    server = new SmtpServer(options),
  }: {
    size?: number
    answers?: Answers
    server?: SmtpServer
  } = {},
): Outcome {
  const outcome: Outcome = { output: '', messages: [], events: [], closed: undefined, server }
  let content = ''
  const drain = () => {
    for (let event = server.next(); event !== undefined; event = server.next()) {
      if (event.type !== 'content' || outcome.events.at(-1) !== 'content') outcome.events.push(event.type)
      if ('bytes' in event) outcome.output += text(event.bytes)
      if (event.type === 'content') content += text(event.chunk)
      if (event.type === 'reset' || event.type === 'hello') content = ''
      if (event.type === 'close') outcome.closed = event.reason
      if (event.type === 'quit') outcome.closed = 'quit'
      if (!server.waiting) continue
      const reply = answers(event) ?? defaults[event.type]!
      if (event.type === 'message') {
        if (reply.code === 250) outcome.messages.push({ envelope: structuredClone(event.envelope), content })
        content = ''
      }
      outcome.output += text(server.respond(reply))
      if (event.type === 'starttls' && outcome.output.endsWith('Go ahead\r\n')) return
    }
  }
  for (const piece of chunked(typeof input === 'string' ? bytes(input) : input, size)) {
    server.receive(piece)
    drain()
  }
  return outcome
}

/**
 * Plays `C:` lines in order at every chunk size, and expects the `S:` lines. `S: 250` alone expects any text after the
 * code. Text between is free: lines that start with neither are ignored.
 */
export function play(transcript: string, { server = () => new SmtpServer(options), answers = friendly } = {}): Outcome {
  const lines = transcript.split('\n').map((line) => line.trim())
  const said = lines.filter((line) => line.startsWith('C:')).map((line) => `${line.slice(3)}\r\n`)
  const expected = lines.filter((line) => line.startsWith('S:')).map((line) => line.slice(3))
  let first: Outcome | undefined
  for (const size of [1, 2, 3, 7, Infinity]) {
    const outcome = converse(said.join(''), { size, server: server(), answers })
    const output = outcome.output.split('\r\n').slice(0, -1)
    expect(output.length, output.join('\n')).toBe(expected.length)
    for (const [i, line] of expected.entries())
      if (/^[0-9]{3}$/.test(line)) expect(output[i]).toMatch(new RegExp(`^${line}[ -]`))
      else expect(output[i]).toBe(line)
    first ??= outcome
  }
  return first as Outcome
}
