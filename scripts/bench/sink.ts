/**
 * Where relayed mail ends: mail servers that take everything and keep nothing, and the DNS that leads to them. A process of
 * its own, so that neither the server that is measured nor the generator waits for it.
 *
 * `node sink.ts DOMAINS PORT[,PORT …]`: domain `dN.relay.test` is at 127.0.1.N+1; ports are those of a peer's fixed routes on
 * 127.0.0.1. Over IPC it tells where it listens, then answers `reset` and `read`.
 */
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { MemoryDns } from '../../src/host/memory/dns.ts'

export interface SinkPlace {
  readonly port: number
  readonly doh: string
}

export interface SinkCounts {
  readonly messages: number
  readonly connections: number
  readonly peak: number
  /** `performance.now()` plus `performance.timeOrigin`, in milliseconds. */
  readonly first: number
  readonly last: number
}

const offers = ['250-sink', '250-PIPELINING', '250-8BITMIME', '250 SIZE 52428800', ''].join('\r\n')
const endOfData = '\r\n.\r\n'

let counts = { messages: 0, connections: 0, peak: 0, first: 0, last: 0 }
let open = 0

function serve(socket: Socket): void {
  counts.connections++
  counts.peak = Math.max(counts.peak, ++open)
  socket.setNoDelay(true)
  socket.setEncoding('latin1')
  socket.on('error', () => socket.destroy())
  socket.on('close', () => open--)
  socket.write('220 sink ESMTP\r\n')
  let text = ''
  let inData = false
  socket.on('data', (chunk: string) => {
    text += chunk
    let answer = ''
    for (;;) {
      if (inData) {
        const end = text.indexOf(endOfData)
        if (end < 0) break
        text = text.slice(end + endOfData.length)
        inData = false
        counts.messages++
        counts.last = performance.timeOrigin + performance.now()
        counts.first ||= counts.last
        answer += '250 2.0.0 taken\r\n'
        continue
      }
      const end = text.indexOf('\r\n')
      if (end < 0) break
      const verb = text.slice(0, 4).toUpperCase()
      text = text.slice(end + 2)
      if (verb === 'DATA') {
        answer += '354 go\r\n'
        inData = true
        // An empty message ends with the first line.
        text = `\r\n${text}`
      } else answer += verb === 'EHLO' ? offers : verb === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n'
      if (verb === 'QUIT') return void socket.end(answer)
    }
    if (answer !== '') socket.write(answer)
  })
}

async function listen(port: number, host: string): Promise<number> {
  const server = createServer(serve)
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, 4096, resolve))
  return (server.address() as AddressInfo).port
}

async function answerQuestion(url: string, response: ServerResponse): Promise<void> {
  const answer = await dns.fetch(url, { method: 'GET', headers: {} })
  response.setHeader('content-type', 'application/dns-message')
  response.end(new Uint8Array(await answer.arrayBuffer()))
}

async function serveDns(): Promise<string> {
  const server = createHttpServer((request, response) => {
    void answerQuestion(`http://sink.test${request.url ?? '/'}`, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query`
}

const [domains = '50', peerPorts = ''] = process.argv.slice(2)
const dns = new MemoryDns()
let port = 0
for (let index = 0; index < Number(domains); index++) {
  const host = `mx.d${index}.relay.test`
  const address = `127.0.1.${index + 1}`
  dns.set(`d${index}.relay.test`, { MX: [{ preference: 10, exchange: host }] }).set(host, { A: [address] })
  port = await listen(port, address)
}
for (const peerPort of peerPorts.split(',').filter(Boolean)) await listen(Number(peerPort), '127.0.0.1')
process.on('message', (order) => {
  if (order === 'reset') counts = { messages: 0, connections: 0, peak: open, first: 0, last: 0 }
  process.send?.(counts satisfies SinkCounts)
})
// The bench has ended, however it did.
process.once('disconnect', () => process.exit())
process.send?.({ port, doh: await serveDns() } satisfies SinkPlace)
