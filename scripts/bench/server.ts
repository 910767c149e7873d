/**
 * The server that is measured: a process on a data directory, told apart from the bench by nothing but that.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'

const root = resolve(import.meta.dirname, '..', '..')
const listeners = ['http', 'smtp', 'submission', 'submissions', 'imap', 'imaps', 'pop3', 'pop3s']

export class BenchServer {
  readonly url: string
  readonly pid: number
  readonly #process: ChildProcess
  readonly #data: string
  readonly #table: string

  private constructor(child: ChildProcess, data: string, table: string) {
    this.#process = child
    this.#data = data
    this.#table = table
    this.pid = child.pid ?? 0
    this.url = /^facteur is ready at (\S+)$/m.exec(table)?.[1] ?? ''
  }

  /** `more`: further flags of `facteur start`. */
  static async start(data: string, ...more: string[]): Promise<BenchServer> {
    const flags = ['--data', data, '--no-demo', '--default-domain', 'bench.test', '--hostname', 'bench.test']
    const ports = listeners.flatMap((name) => [`--${name}`, '0'])
    const command = [join(root, 'src', 'cli', 'bin.mjs'), 'start', ...flags, ...ports, ...more]
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] })
    const problems = text(child.stderr)
    let table = ''
    child.stdout.setEncoding('utf8')
    for await (const chunk of child.stdout) {
      table += String(chunk)
      if (/^ {2}Data .*\n/m.test(table)) return new BenchServer(child, data, table)
    }
    throw new Error(`the server did not start:\n${table}${await problems}`)
  }

  /** Where a listener really is, by its name in what the server prints. */
  port(name: string): number {
    return Number(new RegExp(`^ {2}${name}.*:(\\d+)$`, 'm').exec(this.#table)?.[1])
  }

  get imapPort(): number {
    return this.port('IMAP \\(STARTTLS\\)')
  }

  async administer<T>(method: string, path: string, body?: object): Promise<T> {
    const { adminToken } = JSON.parse(readFileSync(join(this.#data, 'secrets.json'), 'utf8')) as { adminToken: string }
    const response = await fetch(`${this.url}/admin/${path}`, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    const answer = await response.text()
    return (answer === '' ? undefined : JSON.parse(answer)) as T
  }

  /** Makes those of these accounts of `bench.test` that are not there yet. */
  async ensureAccounts(names: readonly string[], password: string): Promise<void> {
    const domains = await this.administer<unknown[]>('GET', 'domains')
    if (domains.length === 0) await this.administer('POST', 'domains', { name: 'bench.test' })
    const present = JSON.stringify(await this.administer('GET', 'domains/bench.test/accounts'))
    for (const name of names) {
      const address = `${name}@bench.test`
      if (!present.includes(`"${address}"`)) await this.administer('POST', 'accounts', { address, password })
    }
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await ended
  }
}
