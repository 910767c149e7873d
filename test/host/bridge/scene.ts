/** A bridge in front of a fake Worker, on free ports, with a certificate of its own. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { type Bridge, type BridgeOptions, type LogFacts, startBridge } from '../../../src/host/bridge/node/index.ts'
import { FakeWorker, secret } from './fake-worker.ts'
import { LineClient } from './line-client.ts'

export interface Scene {
  readonly worker: FakeWorker
  readonly bridge: Bridge
  readonly log: { readonly level: string; readonly event: string; readonly facts: LogFacts }[]
  readonly port: (name: keyof Bridge['addresses']) => number
  readonly client: (name: keyof Bridge['addresses']) => Promise<LineClient>
}

const undo: (() => Promise<unknown> | void)[] = []

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
})

/** Runs `step` after the test. */
export function afterwards(step: () => Promise<unknown> | void): void {
  undo.push(step)
}

let certificates: Promise<string> | undefined

/** One certificate serves all scenes of a file: making one costs time. */
function certificateDirectory(): Promise<string> {
  certificates ??= mkdtemp(join(tmpdir(), 'facteur-bridge-'))
  return certificates
}

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'facteur-bridge-'))
  afterwards(() => rm(directory, { recursive: true }))
  return directory
}

const local = { host: '127.0.0.1', port: 0 }

export async function scene(
  options: Partial<BridgeOptions> = {},
  prepare: (worker: FakeWorker) => void = () => {},
): Promise<Scene> {
  const worker = await FakeWorker.start()
  prepare(worker)
  const log: Scene['log'] = []
  const bridge = await startBridge({
    workerUrl: worker.url,
    secret,
    hostname: 'mx.example',
    tls: { directory: await certificateDirectory() },
    listeners: {
      smtp: local,
      submission: local,
      submissions: local,
      imap: local,
      imaps: local,
      pop3: local,
      pop3s: local,
      egress: local,
    },
    log: (level, event, facts = {}) => log.push({ level, event, facts }),
    ...options,
    limits: { failedLoginMs: 1, backoffMs: 5, maxBackoffMs: 20, ...options.limits },
  })
  afterwards(() => worker.stop())
  afterwards(() => bridge.close({ drainMs: 0 }))
  await bridge.linked
  const port = (name: keyof Bridge['addresses']): number => bridge.addresses[name]?.port ?? 0
  const client = async (name: keyof Bridge['addresses']): Promise<LineClient> => {
    const implicit = name === 'submissions' || name === 'imaps' || name === 'pop3s'
    const opened = await (implicit ? LineClient.connectTls(port(name)) : LineClient.connect(port(name)))
    afterwards(() => opened.destroy())
    return opened
  }
  return { worker, bridge, log, port, client }
}
