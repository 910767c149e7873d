/**
 * The server in its parts, inside the test: workerd and the bridge with limits that a test can outwait.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Bridge, type BridgeLimits, startBridge } from '../../src/host/bridge/node/index.ts'
import { ensureDemo } from '../../src/host/local/demo.ts'
import { type Runtime, startRuntime } from '../../src/host/local/runtime.ts'
import { bundleWorker } from '../../src/host/local/worker-bundle.ts'
import { freePort } from '../../src/host/local/ports.ts'
import { type ReachableFacteur, removeDirectory, temporaryDirectory, workerdBelow } from './server.ts'

const password = 'password-of-the-tests'
const secret = 'bridge-secret-of-the-tests'
const adminToken = 'admin-token-of-the-tests'

export interface Parts extends ReachableFacteur {
  readonly runtime: Runtime
  readonly bridge: Bridge
  /** A call of the administration; its JSON answer. */
  admin(method: string, path: string, body?: object): Promise<unknown>
  /** The processes of workerd that this test started. */
  readonly workerds: () => number[]
  stop(): Promise<void>
}

export interface PartsOptions {
  readonly limits?: Partial<BridgeLimits>
  /** Roots that the egress trusts. */
  readonly egressCa?: readonly string[]
  /** Roots that the Worker trusts. */
  readonly trusted?: readonly string[]
  /** Idle IMAP sessions are parked. */
  readonly parking?: boolean
  /** Variables of the Worker. */
  readonly bindings?: Readonly<Record<string, string>>
}

export async function startParts(options: PartsOptions = {}): Promise<Parts> {
  const directory = temporaryDirectory()
  const objects = join(directory, 'objects')
  mkdirSync(objects)
  const egress = { host: '127.0.0.1', port: await freePort('127.0.0.1') }
  const runtime = await startRuntime({
    script: await bundleWorker(),
    host: '127.0.0.1',
    port: await freePort('127.0.0.1', egress.port),
    objects,
    runtime: join(directory, 'runtime'),
    bindings: {
      FACTEUR_HOSTNAME: 'mail.facteur.test',
      FACTEUR_EGRESS: `http://${egress.host}:${egress.port}`,
      FACTEUR_BRIDGE_SECRET: secret,
      FACTEUR_ADMIN_TOKEN: adminToken,
      FACTEUR_PARKING: options.parking === true ? 'yes' : 'no',
      ...options.bindings,
    },
    ...(options.trusted === undefined ? {} : { trusted: options.trusted }),
    log: () => undefined,
  })
  const any = { host: '127.0.0.1', port: 0 }
  const bridge = await startBridge({
    workerUrl: runtime.url,
    secret,
    hostname: 'mail.facteur.test',
    tls: { directory: join(directory, 'tls') },
    listeners: { smtp: any, submission: any, submissions: any, imap: any, imaps: any, pop3: any, pop3s: any, egress },
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.parking === undefined ? {} : { parking: options.parking }),
    ...(options.egressCa === undefined ? {} : { egressCa: options.egressCa }),
  })
  await bridge.linked
  await ensureDemo({ url: runtime.url, adminToken }, password)
  const port = (name: keyof Bridge['addresses']) => bridge.addresses[name]?.port ?? 0
  return {
    runtime,
    bridge,
    url: runtime.url,
    password,
    ports: {
      smtp: port('smtp'),
      submission: port('submission'),
      submissions: port('submissions'),
      imap: port('imap'),
      imaps: port('imaps'),
      pop3: port('pop3'),
      pop3s: port('pop3s'),
    },
    async admin(method, path, body) {
      const response = await fetch(`${runtime.url}/admin${path}`, {
        method,
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
      return response.status === 204 ? undefined : response.json()
    },
    workerds: () => workerdBelow(process.pid),
    async stop() {
      await bridge.close({ drainMs: 0 })
      await runtime.stop()
      removeDirectory(directory)
    },
  }
}
