/**
 * Messages in over SMTP: `sessions` connections, each sending its share one after the other with pipelining.
 */
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { benchMessage } from './messages.ts'

/** As a busy peer does: a connection serves for a while, then a new one. */
const MESSAGES_PER_SESSION = 50

/** Who sends; with a password it logs in first. */
export interface Sender {
  readonly address: string
  readonly password?: string
}

export interface IngestResult {
  readonly perSecond: number
  /** Milliseconds from the end of DATA to its 250. */
  readonly p50: number
  readonly p99: number
}

export async function ingest(
  port: number,
  recipients: readonly string[],
  sessions: number,
  count: number,
  size: number,
  sender?: Sender,
): Promise<IngestResult> {
  const latencies: number[] = []
  // Made before the clock runs: it is the server that is measured.
  const messages = Array.from({ length: count }, (_, index) => benchMessage(index, size, sender?.address))
  let next = 0
  const start = performance.now()
  await Promise.all(
    Array.from({ length: sessions }, async () => {
      while (next < count) {
        const client = await SmtpConnection.open(port, sender ?? { address: 'sender@outside.test' })
        for (let sent = 0; sent < MESSAGES_PER_SESSION && next < count; sent++) {
          const index = next++
          latencies.push(await client.send(recipients[index % recipients.length] ?? '', messages[index] as Buffer))
        }
        client.close()
      }
    }),
  )
  const seconds = (performance.now() - start) / 1000
  latencies.sort((a, b) => a - b)
  return { perSecond: count / seconds, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) }
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

class SmtpConnection {
  #buffer = ''
  #wanted = 0
  #resolve: (() => void) | undefined
  #reject: ((error: Error) => void) | undefined
  readonly #socket
  readonly #sender: Sender

  private constructor(port: number, sender: Sender) {
    this.#sender = sender
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (text: string) => this.#read(text))
    this.#socket.on('error', (error) => this.#reject?.(error))
    this.#socket.on('close', () => this.#reject?.(new Error('the server closed the connection')))
  }

  static async open(port: number, sender: Sender): Promise<SmtpConnection> {
    const client = new SmtpConnection(port, sender)
    await client.#replies(1)
    client.#socket.write('EHLO bench.test\r\n')
    await client.#replies(1)
    if (sender.password !== undefined) {
      const response = Buffer.from(`\0${sender.address}\0${sender.password}`).toString('base64')
      client.#socket.write(`AUTH PLAIN ${response}\r\n`)
      await client.#replies(1)
    }
    return client
  }

  async send(recipient: string, message: Buffer): Promise<number> {
    this.#socket.write(`MAIL FROM:<${this.#sender.address}>\r\nRCPT TO:<${recipient}>\r\nDATA\r\n`)
    await this.#replies(3)
    this.#socket.cork()
    this.#socket.write(message)
    this.#socket.write('.\r\n')
    this.#socket.uncork()
    const start = performance.now()
    await this.#replies(1)
    return performance.now() - start
  }

  close(): void {
    this.#reject = undefined
    this.#socket.end('QUIT\r\n')
  }

  #replies(count: number): Promise<void> {
    this.#wanted += count
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  #read(text: string): void {
    this.#buffer += text
    for (let end = this.#buffer.indexOf('\n'); end !== -1; end = this.#buffer.indexOf('\n')) {
      const line = this.#buffer.slice(0, end)
      this.#buffer = this.#buffer.slice(end + 1)
      if (line[3] === '-') continue
      if (line[0] !== '2' && line[0] !== '3') this.#reject?.(new Error(line))
      if (--this.#wanted === 0) this.#resolve?.()
    }
  }
}
