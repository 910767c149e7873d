/**
 * The Worker alone, as on Cloudflare without a bridge: under the platform's local runtime, with its triggers and bindings.
 */
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compatibilityDate, objectClasses } from '../../src/host/local/workerd-config.ts'
import { bundleWorker } from '../../src/host/local/worker-bundle.ts'
import { removeDirectory, temporaryDirectory } from './server.ts'

const adminToken = 'admin-token-of-the-tests'

export interface BareWorker {
  readonly url: URL
  /** Messages that the binding of Email Service took, as text. */
  readonly sent: readonly string[]
  api(method: string, path: string, body?: object): Promise<unknown>
  /** What Email Routing does with one recipient of a message. */
  trigger(to: string, raw: string, from?: string): Promise<{ status: number; text: string }>
  stop(): Promise<void>
}

/** Hears of each message that the binding took: the runtime says where it has put it. */
class SentMail extends Log {
  readonly sent: string[] = []

  constructor() {
    super(LogLevel.INFO)
  }

  override log(message: string): void {
    const file = /send_email binding called[^]*?Email: (\S+)/.exec(message)?.[1]
    if (file !== undefined) this.sent.push(readFileSync(file, 'latin1'))
  }
}

/** `emailService`: with its binding. `withoutObjects`: they are not bound, as after a wrong deployment. */
export async function startBareWorker(options: {
  readonly bindings: Readonly<Record<string, string>>
  readonly emailService?: boolean
  readonly withoutObjects?: boolean
}): Promise<BareWorker> {
  const directory = temporaryDirectory()
  mkdirSync(join(directory, 'objects'))
  const log = new SentMail()
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: [{ type: 'ESModule', path: 'worker.js', contents: await bundleWorker() }],
      compatibilityDate,
      bindings: {
        FACTEUR_HOSTNAME: 'mail.facteur.test',
        FACTEUR_ADMIN_TOKEN: adminToken,
        // Nobody is there: mail is taken in doubt.
        FACTEUR_DOH: 'http://127.0.0.1:1/dns-query',
        ...options.bindings,
      },
      ...(options.emailService === true ? { email: { send_email: [{ name: 'EMAIL' }] } } : {}),
      ...(options.withoutObjects === true ? {} : objects(directory)),
      unsafeTriggerHandlers: true,
      cf: false,
      telemetry: { enabled: false },
      log,
      handleStructuredLogs: () => undefined,
    }),
  )
  const url = await miniflare.ready
  return {
    url,
    sent: log.sent,
    async api(method, path, body) {
      const response = await fetch(new URL(`/v1${path}`, url), {
        method,
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
      return response.status === 204 ? undefined : response.json()
    },
    async trigger(to, raw, from = 'someone@outside.test') {
      const target = new URL('/cdn-cgi/local/email', url)
      target.search = new URLSearchParams({ from, to }).toString()
      const response = await fetch(target, { method: 'POST', body: raw })
      return { status: response.status, text: await response.text() }
    },
    async stop() {
      await miniflare.dispose()
      removeDirectory(directory)
    },
  }
}

function objects(directory: string) {
  const classes = Object.entries(objectClasses).map(([binding, className]) => [binding, { className, useSQLite: true }])
  return { durableObjects: Object.fromEntries(classes), resourcePersistencePath: join(directory, 'objects') }
}
