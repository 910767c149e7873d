/**
 * workerd on this machine: the bundled Worker with its Durable Objects on disk, behind a socket of its own, started again
 * when it dies.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LocalHostError } from './failure.ts'
import { workerdConfiguration } from './workerd-config.ts'
import { startWorkerd, type WorkerdProcess } from './workerd-process.ts'

export interface Runtime {
  /** Where the Worker answers HTTP on this machine, without a slash at the end. */
  readonly url: string
  /** A Unix domain socket that leads to the same; undefined where there can be none. */
  readonly socket: string | undefined
  stop(): Promise<void>
}

export interface RuntimeOptions {
  readonly script: string
  readonly host: string
  readonly port: number
  /** Directory of the objects' SQLite files. */
  readonly objects: string
  /** Directory for what workerd is started from. */
  readonly runtime: string
  /** The Worker's variables and secrets. */
  readonly bindings: Readonly<Record<string, string>>
  /** Roots (PEM) that the Worker trusts beside the known ones. */
  readonly trusted?: readonly string[]
  /** Lines the Worker logs, and what workerd itself has to say. */
  readonly log: (level: string, message: string) => void
}

const staticPages = fileURLToPath(new URL('../../web/static', import.meta.url))

/** Between workerd's end and its next start; doubled for each that ends before it listens. */
const restartMs = 100
const restartMostMs = 10_000

/** Starts workerd and waits until it listens. Throws LocalHostError when it cannot. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const socket = socketFile(options.runtime)
  const configuration = writeConfiguration(options, socket)
  const { bindings: variables, log } = options
  let current: WorkerdProcess | undefined
  let stopping = false

  const start = async (): Promise<void> => {
    // That of an earlier process, which nobody listens to any more, is in the way.
    if (socket !== undefined) rmSync(socket, { force: true })
    const started = startWorkerd({ configuration, variables, log })
    current = started
    await started.listening.catch(async (error: unknown) => {
      await started.end()
      throw error
    })
    void restartAfter(started.ended)
  }
  const restartAfter = async (ended: WorkerdProcess['ended']): Promise<void> => {
    const how = await ended
    if (stopping) return
    log('error', `workerd ended (${how}) and is started again`)
    restart(0)
  }
  const restart = (failures: number): void => {
    const wait = Math.min(restartMs * 2 ** failures, restartMostMs)
    setTimeout(() => {
      if (stopping) return
      start().catch((error: unknown) => {
        if (stopping) return
        log('error', `workerd could not be started again: ${(error as Error).message}`)
        restart(failures + 1)
      })
    }, wait).unref()
  }

  try {
    await start()
  } catch (error) {
    throw new LocalHostError(`workerd could not be started: ${(error as Error).message}`, { cause: error })
  }
  return {
    url: `http://${addressable(reachable(options.host))}:${options.port}`,
    socket,
    async stop() {
      stopping = true
      await current?.end()
    },
  }
}

/** Writes what workerd reads, but only where it is not there already: a server must start again on a full disk. */
function writeConfiguration(options: RuntimeOptions, bridgeSocket: string | undefined): string {
  const { runtime, script, host, port, objects, bindings, trusted = [] } = options
  const namespaces = join(objects, 'do')
  for (const directory of [runtime, namespaces]) mkdirSync(directory, { recursive: true, mode: 0o700 })
  const file = join(runtime, 'config.capnp')
  replace(join(runtime, 'worker.js'), script)
  replace(
    file,
    workerdConfiguration({
      address: `${addressable(host)}:${port}`,
      ...(bridgeSocket === undefined ? {} : { bridgeSocket }),
      script: 'worker.js',
      objects: namespaces,
      pages: staticPages,
      pageHeaders: readFileSync(join(staticPages, '_headers'), 'utf8'),
      variables: Object.keys(bindings),
      trusted,
    }),
  )
  return file
}

/** What a socket's name may take, in the systems that allow least (macOS: 104 octets with the one that ends it). */
const maxSocketName = 103

function socketFile(directory: string): string | undefined {
  const file = join(resolve(directory), 'bridge.sock')
  return process.platform === 'win32' || Buffer.byteLength(file) > maxSocketName ? undefined : file
}

function replace(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return
  writeFileSync(file, text, { mode: 0o600 })
}

function addressable(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** Where a listener on all addresses is reached from this machine. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}
