/**
 * Starts the real server as a user does, on free ports and a temporary data directory.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..', '..')
const bin = join(root, 'src', 'cli', 'bin.mjs')
const listeners = ['http', 'smtp', 'submission', 'submissions', 'imap', 'imaps', 'pop3', 'pop3s']
const freePorts = listeners.flatMap((name) => [`--${name}`, '0'])

export interface RunningFacteur {
  readonly url: string
  readonly data: string
  readonly password: string
  readonly adminToken: string
  /** Ports by the flag's name. */
  readonly ports: Readonly<Record<'smtp' | 'submission' | 'submissions' | 'imap' | 'imaps' | 'pop3' | 'pop3s', number>>
  readonly process: ChildProcess
  /** All the server has printed on stdout. */
  output(): string
  /** Everything on stderr: the log. */
  log(): string
  /** SIGTERM and wait; returns the exit code. */
  stop(): Promise<number | null>
}

/** What a client has to know. */
export type ReachableFacteur = Pick<RunningFacteur, 'url' | 'ports' | 'password'>

export interface StartOptions {
  /** An existing data directory; a new temporary one when absent. */
  readonly data?: string
  readonly flags?: readonly string[]
  /** The whole command before its flags, in place of this Node: `npm start --`, `deno task start`. */
  readonly command?: readonly string[]
}

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'facteur-test-'))
}

export function removeDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true })
}

/** Resolves when the ready line and the table are there; rejects with the log when the process ends before. */
export async function startFacteur(options: StartOptions = {}): Promise<RunningFacteur> {
  const data = options.data ?? temporaryDirectory()
  const [program = '', ...before] = options.command ?? [process.execPath, bin, 'start']
  const args = [...before, '--data', data, ...freePorts, ...(options.flags ?? [])]
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdout.setEncoding('utf8')
  const exited = once(child, 'exit') as Promise<[number | null]>
  await new Promise<void>((ready, failed) => {
    child.stdout.on('data', (text: string) => {
      stdout += text
      if (/^facteur is ready[^]*\n {2}Data .*\n/m.test(stdout)) ready()
    })
    void exited.then(([code]) =>
      failed(new Error(`facteur ended with ${code} before it was ready:\n${stdout}${stderr}`)),
    )
  })
  const port = (service: string) => {
    const found = new RegExp(`^ {2}${service} +\\S+:(\\d+)$`, 'm').exec(stdout)
    if (found === null) throw new Error(`no ${service} in:\n${stdout}`)
    return Number(found[1])
  }
  const secrets = JSON.parse(readFileSync(join(data, 'secrets.json'), 'utf8')) as {
    adminToken: string
    demoPassword: string
  }
  return {
    url: /^facteur is ready at (\S+)$/m.exec(stdout)?.[1] ?? '',
    data,
    password: secrets.demoPassword,
    adminToken: secrets.adminToken,
    ports: {
      smtp: port('SMTP \\(mail from other servers\\)'),
      submission: port('Submission \\(mail apps, STARTTLS\\)'),
      submissions: port('Submission \\(mail apps, TLS\\)'),
      imap: port('IMAP \\(STARTTLS\\)'),
      imaps: port('IMAP \\(TLS\\)'),
      pop3: port('POP3 \\(STARTTLS\\)'),
      pop3s: port('POP3 \\(TLS\\)'),
    },
    process: child,
    output: () => stdout,
    log: () => stderr,
    async stop() {
      child.kill('SIGTERM')
      const [code] = await exited
      return code
    },
  }
}

/** Runs `facteur` with these arguments to its end. */
export async function facteur(args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, stdout, stderr }
}

/** The workerd processes below `pid`, by /proc. */
export function workerdBelow(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number)
  return children.flatMap((child) =>
    readFileSync(`/proc/${child}/comm`, 'utf8').trim() === 'workerd' ? [child] : workerdBelow(child),
  )
}
