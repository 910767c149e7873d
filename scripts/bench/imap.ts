/**
 * Mail out over IMAP: a mailbox filled by APPEND, then fetched as a mail app does.
 */
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { benchMessage } from './messages.ts'

export class ImapConnection {
  #chunks: Buffer[] = []
  #size = 0
  #tag = 0
  #wanted: { marker: Buffer; resolve: (response: Buffer) => void; reject: (error: Error) => void } | undefined
  readonly #socket: Socket

  private constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk))
    this.#socket.on('error', (error) => this.#wanted?.reject(error))
    this.#socket.on('close', () => this.#wanted?.reject(new Error('the server closed the connection')))
  }

  static async login(port: number, user: string, password: string): Promise<ImapConnection> {
    const client = new ImapConnection(port)
    await client.#until(Buffer.from('* OK'))
    await client.command(`LOGIN ${user} ${password}`)
    return client
  }

  /** Sends one command and returns everything up to its tagged OK. */
  async command(text: string | Buffer): Promise<{ response: Buffer; milliseconds: number }> {
    const tag = `b${++this.#tag}`
    const start = performance.now()
    this.#socket.write(Buffer.concat([Buffer.from(`${tag} `), Buffer.from(text), Buffer.from('\r\n')]))
    const response = await this.#until(Buffer.from(`${tag} `))
    if (
      !response
        .subarray(response.lastIndexOf(`${tag} `))
        .toString('latin1')
        .startsWith(`${tag} OK`)
    ) {
      throw new Error(response.subarray(-200).toString('latin1'))
    }
    return { response, milliseconds: performance.now() - start }
  }

  close(): void {
    this.#wanted = undefined
    this.#socket.destroy()
  }

  /** Fills a mailbox until it holds `count` messages. */
  async fill(mailbox: string, count: number, size: number): Promise<void> {
    const { response } = await this.command(`STATUS ${mailbox} (MESSAGES)`)
    const present = Number(/MESSAGES (\d+)/.exec(response.toString('latin1'))?.[1] ?? 0)
    for (let index = present; index < count; index++) {
      const message = benchMessage(index, size)
      await this.command(Buffer.concat([Buffer.from(`APPEND ${mailbox} {${message.length}+}\r\n`), message]))
    }
  }

  /** Appends messages with their dates until INBOX holds `count`, fifty in one command (RFC 3502, RFC 7888). */
  async fillDated(count: number, make: (index: number) => { raw: Uint8Array; receivedAt: Date }): Promise<void> {
    const { response } = await this.command('STATUS INBOX (MESSAGES)')
    const present = Number(/MESSAGES (\d+)/.exec(response.toString('latin1'))?.[1] ?? 0)
    for (let first = present; first < count; first += 50) {
      const pieces: Uint8Array[] = [Buffer.from('APPEND INBOX')]
      for (let index = first; index < Math.min(count, first + 50); index++) {
        const { raw, receivedAt } = make(index)
        const [, date, month, year, time] = receivedAt.toUTCString().split(' ')
        pieces.push(Buffer.from(` "${date}-${month}-${year} ${time} +0000" {${raw.length}+}\r\n`), raw)
      }
      await this.command(Buffer.concat(pieces))
    }
  }

  /** Everything up to the end of the line that begins with `marker`. */
  #until(marker: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#wanted = { marker, resolve, reject }
      this.#check()
    })
  }

  #read(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    this.#check()
  }

  /** Only the end matters: the tagged line is the last one of a response. */
  #check(): void {
    if (this.#wanted === undefined || this.#size === 0) return
    const last = this.#chunks.at(-1)
    if (last === undefined || last.at(-1) !== 10) return
    const all = this.#chunks.length === 1 ? last : Buffer.concat(this.#chunks)
    this.#chunks = [all]
    const start = all.lastIndexOf('\n', all.length - 2) + 1
    const { marker, resolve } = this.#wanted
    if (!all.subarray(start, start + marker.length).equals(marker)) return
    this.#chunks = []
    this.#size = 0
    this.#wanted = undefined
    resolve(all)
  }
}
