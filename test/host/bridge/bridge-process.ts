/** A program: a bridge to the Worker given, until its standard input ends. Prints its ports as one JSON line. */

import type { startBridge as StartBridge } from '../../../src/host/bridge/node/index.ts'
import { secret } from './fake-worker.ts'

const [workerUrl = '', directory = ''] = process.argv.slice(2)
const proxied = { host: '127.0.0.1', port: 0, proxyProtocol: true }
const runtime = 'Deno' in globalThis ? 'deno' : 'node'
// Each runtime loads its own entry.
const entry = (await import(`../../../src/host/bridge/${runtime}/index.ts`)) as { startBridge: typeof StartBridge }
const bridge = await entry.startBridge({
  workerUrl,
  secret,
  hostname: 'mx.example',
  tls: { directory },
  listeners: { smtp: proxied, imaps: proxied, egress: { host: '127.0.0.1', port: 0 } },
})
await bridge.linked
console.log(JSON.stringify({ smtp: bridge.addresses.smtp?.port, imaps: bridge.addresses.imaps?.port }))
process.stdin.resume()
process.stdin.once('end', () => {
  void bridge.close({ drainMs: 2_000 })
})
