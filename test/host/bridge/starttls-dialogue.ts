/**
 * A program, run by each runtime in its own process: one side listens, the other connects, both turn to TLS in the middle
 * of the conversation, over the socket port. Prints what happened as JSON.
 */

import { openCertificates } from '../../../src/host/bridge/common/certificates.ts'
import { X509Certificate } from 'node:crypto'
import type { TlsaAssociation } from '../../../src/delivery/index.ts'
import type { Socket, TlsClientOptions } from '../../../src/host/bridge/common/socket.ts'
import { nodeNetwork } from '../../../src/host/bridge/node/network.ts'
import { issue, tlsa } from './authority.ts'

const directory = process.argv[2] as string
const identity = (await openCertificates({ source: { directory }, hostname: 'mx.example', log: () => {} })).current
const payload = Buffer.alloc(3_000_000, 'payload ')

/** Collects what comes and lets one wait for it. */
class Reader {
  #text = ''
  #wake: () => void = () => {}
  readonly closed: Promise<void>

  constructor(socket: Socket) {
    this.closed = new Promise((resolve) => {
      socket.handle({
        data: (chunk) => {
          this.#text += Buffer.from(chunk).toString('latin1')
          this.#wake()
        },
        end: () => socket.end(),
        close: () => resolve(),
      })
    })
  }

  async take(length: number): Promise<string> {
    while (this.#text.length < length) await new Promise<void>((resolve) => (this.#wake = resolve))
    const taken = this.#text.slice(0, length)
    this.#text = this.#text.slice(length)
    return taken
  }
}

async function serve(socket: Socket): Promise<void> {
  const reader = new Reader(socket)
  socket.write(Buffer.from('220'))
  await reader.take('STARTTLS'.length)
  socket.write(Buffer.from('GO'))
  await socket.startTlsServer(identity, 5_000)
  await reader.take(payload.length)
  socket.write(payload)
  await reader.closed
}

interface Verdict {
  facts?: object
  echoed?: boolean
  error?: string
}

async function converse(
  port: number,
  verify: boolean,
  trust: Partial<Pick<TlsClientOptions, 'ca' | 'dane'>> = {},
): Promise<Verdict> {
  const socket = await nodeNetwork.connect({ address: '127.0.0.1', port, timeoutMs: 5_000 })
  const reader = new Reader(socket)
  await reader.take(3)
  socket.write(Buffer.from('STARTTLS'))
  await reader.take(2)
  try {
    const facts = await socket.startTlsClient({ servername: 'mx.example', verify, timeoutMs: 5_000, ...trust })
    socket.write(payload)
    const echoed = (await reader.take(payload.length)) === payload.toString('latin1')
    socket.end()
    await reader.closed
    return { facts, echoed }
  } catch (error) {
    return { error: (error as Error).message }
  }
}

const listener = await nodeNetwork.listen(
  { host: '127.0.0.1', port: 0 },
  (socket) => void serve(socket).catch(() => {}),
)
const { port } = listener.address
const unverified = await converse(port, false)
const verified = await converse(port, true, { ca: [identity.cert] })
const refused = await converse(port, true)
const [record, wrongRecord] = [identity.cert, (await issue('mx.example')).cert].map((cert) =>
  tlsa({ x509: new X509Certificate(cert) }, 3),
) as [TlsaAssociation, TlsaAssociation]
const byRecord = await converse(port, true, { dane: { records: [record], names: ['mx.example'] } })
const byWrongRecord = await converse(port, true, { dane: { records: [wrongRecord], names: ['mx.example'] } })
await listener.close()
console.log(JSON.stringify({ unverified, verified, refused, byRecord, byWrongRecord }))
