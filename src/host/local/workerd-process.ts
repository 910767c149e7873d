/**
 * One process of workerd: started, listened to, ended, and never left behind.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { socketName } from './workerd-config.ts'

export interface WorkerdProcessOptions {
  /** The file of the configuration. */
  readonly configuration: string
  /** The Worker's variables, for the configuration's bindings. */
  readonly variables: Readonly<Record<string, string>>
  /** Lines that the Worker logs, and what workerd itself has to say. */
  readonly log: (level: string, message: string) => void
}

export interface WorkerdProcess {
  /** Resolves when it listens. Rejects with workerd's own words when it ends before, or takes too long. */
  readonly listening: Promise<void>
  /** Resolves with the exit code or signal. */
  readonly ended: Promise<number | string>
  /** Ends it at once: what it has answered is on disk. */
  end(): Promise<void>
}

/** The package's only export is the program's path. It is CommonJS, which import shows differently on each runtime. */
const { default: program } = createRequire(import.meta.url)('workerd') as { default: string }

const startMs = 30_000
/** What workerd says before it listens is kept so far, to tell why it does not. */
const maxStartLines = 50
/** The descriptor on which workerd reports that it listens. */
const controlDescriptor = 3

export function startWorkerd(options: WorkerdProcessOptions): WorkerdProcess {
  const said: string[] = []
  const child = spawn(
    program,
    ['serve', '--experimental', `--control-fd=${controlDescriptor}`, options.configuration, 'config'],
    {
      env: { ...process.env, TZ: 'UTC', ...options.variables },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      // A session of its own: Ctrl-C in a terminal is for this process, which lets mail in flight come to its end first.
      detached: true,
    },
  )
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 0))
    child.once('error', (error) => resolve(error.message))
  })
  const guard = new Guard(child)
  void ended.then(() => guard.dismiss())
  const log = (line: string) => {
    const { level, message } = readLine(line)
    if (said.length < maxStartLines) said.push(message)
    options.log(level, message)
  }
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null) createInterface({ input: stream }).on('line', log)
  return {
    listening: untilListening(child, ended, said),
    ended,
    async end() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
    },
  }
}

/** Ends workerd when this process dies without a chance to: a shell waits for the end of a pipe that only we hold open. */
class Guard {
  readonly #shell: ChildProcess | undefined

  constructor(workerdProcess: ChildProcess) {
    if (workerdProcess.pid === undefined || process.platform === 'win32') return
    const script = `read -r line; [ "$line" = dismissed ] || kill -9 ${workerdProcess.pid}`
    this.#shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    // Without a shell there is no guard, which is no reason not to serve.
    this.#shell.once('error', () => undefined)
    this.#shell.stdin?.once('error', () => undefined)
    this.#shell.unref()
  }

  dismiss(): void {
    this.#shell?.stdin?.end('dismissed\n')
  }
}

async function untilListening(child: ChildProcess, ended: Promise<number | string>, said: readonly string[]) {
  const control = child.stdio[controlDescriptor] as Readable
  const listens = (async () => {
    for await (const line of createInterface({ input: control })) {
      const report = JSON.parse(line) as { event?: unknown; socket?: unknown }
      if (report.event === 'listen' && report.socket === socketName) return
    }
    await ended
    throw new Error(said.join(' ') || `it ended (${await ended})`)
  })()
  const tooLate = new AbortController()
  const timer = setTimeout(() => tooLate.abort(), startMs)
  try {
    await Promise.race([
      listens,
      once(tooLate.signal, 'abort').then(() => {
        throw new Error(`it does not listen after ${startMs / 1000} seconds`)
      }),
    ])
  } finally {
    clearTimeout(timer)
  }
}

/** workerd writes a JSON object a line; what is none (a message of the dynamic linker) is passed on as it is. */
function readLine(line: string): { level: string; message: string } {
  try {
    const { level, message } = JSON.parse(line) as { level?: unknown; message?: unknown }
    if (typeof level === 'string' && typeof message === 'string') {
      // workerd's mark for what is expected: that our V8 flags leave its compile cache unused, for one.
      return { level: message.startsWith('NOSENTRY') ? 'debug' : level, message }
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  return { level: 'info', message: line }
}
