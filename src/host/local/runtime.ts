/**
 * workerd on this machine: the bundled Worker with its Durable Objects on disk, reached through a socket of its own.
 *
 * miniflare writes workerd's configuration, starts it and starts it again when it dies. Its own front proxy costs three
 * quarters of the throughput, so clients and the bridge use a *direct socket* that leads straight into the Worker.
 */
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { fileURLToPath } from 'node:url'
import { LocalHostError } from './failure.ts'

export interface Runtime {
  /** Where the Worker answers HTTP, without a slash at the end. */
  readonly url: string
  stop(): Promise<void>
}

export interface RuntimeOptions {
  readonly script: string
  readonly host: string
  readonly port: number
  /** Directory of the objects' SQLite files. */
  readonly objects: string
  /** The Worker's variables and secrets. */
  readonly bindings: Readonly<Record<string, string>>
  /** Lines the Worker logs, and what workerd itself has to say. */
  readonly log: (level: string, message: string) => void
}

/** The same as in wrangler.toml; a test compares them. */
export const compatibilityDate = '2026-11-17'
export const objectClasses = {
  ACCOUNT: 'AccountObject',
  DOMAIN: 'DomainObject',
  QUEUE: 'QueueObject',
  REGISTRY: 'RegistryObject',
} as const

const staticPages = fileURLToPath(new URL('../../web/static', import.meta.url))

/** What the pages' Worker says for a path that is no file. */
const noPage = `export default { fetch: () => new Response('Not found\\n', { status: 404 }) }`

/** Starts workerd and waits until it answers. Throws LocalHostError when it cannot. */
export async function startRuntime(options: RuntimeOptions): Promise<Runtime> {
  const miniflare = withoutSignalHandlers(() => makeMiniflare(options))
  try {
    await miniflare.ready
    const url = await miniflare.unsafeGetDirectURL('facteur')
    return { url: url.href.replace(/\/$/, ''), stop: () => miniflare.dispose() }
  } catch (error) {
    await miniflare.dispose().catch(() => undefined)
    throw new LocalHostError(`workerd could not be started: ${(error as Error).message}`, { cause: error })
  }
}

function makeMiniflare(options: RuntimeOptions): Miniflare {
  return new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        {
          name: 'facteur',
          modules: [{ type: 'ESModule', path: 'worker.js', contents: options.script }],
          compatibilityDate,
          compatibilityFlags: ['nodejs_compat'],
          bindings: options.bindings,
          durableObjects: Object.fromEntries(
            Object.entries(objectClasses).map(([binding, className]) => [binding, { className, useSQLite: true }]),
          ),
          unsafeDirectSockets: [{ host: options.host, port: options.port }],
          serviceBindings: {
            ASSETS: 'pages',
            // Checks the address that is really connected to, whatever name it was found by.
            OUTSIDE: { network: { allow: ['public'], tlsOptions: { trustBrowserCas: true } } },
          },
        },
        // A Worker of its own: miniflare would lead the direct socket of a Worker with assets through its assets proxy.
        {
          name: 'pages',
          modules: [{ type: 'ESModule', path: 'pages.js', contents: noPage }],
          compatibilityDate,
          assets: { directory: staticPages, binding: 'ASSETS' },
        },
      ],
      resourcePersistencePath: options.objects,
      cf: false,
      telemetry: { enabled: false },
      log: new Log(LogLevel.ERROR),
      handleStructuredLogs: ({ level, message }) => options.log(level, message),
    }),
  )
}

/**
 * miniflare ends the process at once when SIGTERM, SIGINT or SIGHUP comes, which would cut off the mail in flight. Those
 * handlers are taken away again; the one for `exit`, which ends workerd along with this process, stays.
 */
function withoutSignalHandlers<T>(work: () => T): T {
  const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
  const before = signals.map((signal) => new Set(process.listeners(signal)))
  const result = work()
  signals.forEach((signal, index) => {
    for (const listener of process.listeners(signal)) {
      if (!before[index]?.has(listener)) process.removeListener(signal, listener)
    }
  })
  return result
}
