/**
 * Wire transcripts for the client engine: `S:` is what the server says, `C:` what the client must write in between.
 */
import { expect } from 'vitest'
import {
  type Envelope,
  type OutgoingMessage,
  SmtpClient,
  type SmtpClientEvent,
  type SmtpClientOptions,
} from '../../../src/protocol/smtp/index.ts'
import { chunked, chunkSizes } from '../../chunked.ts'
import { bytes, text } from './transcript.ts'

export const clientOptions: SmtpClientOptions = { hostname: 'us.example', tls: 'none' }

export function message(
  content: string,
  recipients: string[] = ['c@d.example'],
  envelope: Partial<Envelope> = {},
): OutgoingMessage {
  return {
    envelope: {
      reversePath: 'a@b.example',
      recipients: recipients.map((address) => ({ address })),
      smtputf8: false,
      body: '7BIT',
      ...envelope,
    },
    content: bytes(content),
  }
}

export interface ClientRun {
  /** All events but `write`. */
  events: SmtpClientEvent[]
  output: string
  client: SmtpClient
  /** Takes all events that are there. */
  drain(): void
}

export interface ClientSetup {
  options?: Partial<SmtpClientOptions>
  messages?: OutgoingMessage[]
  size?: number
}

/** A client with a host that sends its messages one after the other, then quits. */
export function startClient({ options = {}, messages = [] }: ClientSetup): ClientRun {
  const queue = [...messages]
  const client = new SmtpClient({ ...clientOptions, ...options })
  const run = {
    events: [] as SmtpClientEvent[],
    output: '',
    client,
    drain() {
      for (let event = client.next(); event !== undefined; event = client.next()) {
        if (event.type === 'write') {
          run.output += text(event.bytes)
          continue
        }
        run.events.push(event)
        if (event.type === 'starttls') client.tlsStarted()
        if (event.type === 'ready') {
          const next = queue.shift()
          if (next === undefined) client.quit()
          else client.send(next)
        }
      }
    },
  }
  return run
}

/** Plays the transcript at every chunk size. The line `S: (closes)` ends the connection. */
export function playClient(transcript: string, setup: ClientSetup = {}): ClientRun {
  let first: ClientRun | undefined
  for (const size of chunkSizes) {
    const run = startClient(setup)
    let spoken = ''
    let expected = ''
    for (const line of transcript.split('\n').map((each) => each.trim())) {
      if (line.startsWith('C:')) {
        if (spoken !== '') {
          for (const piece of chunked(bytes(spoken), size)) {
            run.client.receive(piece)
            run.drain()
          }
          spoken = ''
        }
        expected += `${line.slice(3)}\r\n`
      } else if (line.startsWith('S:')) {
        expect(run.output).toBe(expected)
        if (line === 'S: (closes)') {
          run.client.closed('the connection was closed')
          run.drain()
        } else spoken += `${line.slice(3)}\r\n`
      }
    }
    if (spoken !== '')
      for (const piece of chunked(bytes(spoken), size)) {
        run.client.receive(piece)
        run.drain()
      }
    expect(run.output).toBe(expected)
    if (first === undefined) first = run
    else expect(run.events).toEqual(first.events)
  }
  return first as ClientRun
}

/** The outcomes in short: `status enhanced`. */
export function outcomes(run: ClientRun): string[][] {
  return run.events
    .filter((event) => event.type === 'outcome')
    .map(({ recipients }) => recipients.map(({ status, enhanced }) => `${status} ${enhanced}`))
}

export function failure(run: ClientRun) {
  return run.events.find((event) => event.type === 'failed')?.failure
}
