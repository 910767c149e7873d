/**
 * A proxy with TLS in front of the server's HTTP, as docs/operations.md tells operators to have one.
 */
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { RunningFacteur } from './server.ts'

export interface HttpsFront {
  /** `localhost:<port>`. */
  readonly host: string
  /** The certificate to trust, a PEM file. */
  readonly certificate: string
  /** Requests so far, as `GET /path 200`. */
  readonly requests: readonly string[]
  stop(): Promise<void>
}

/** With the certificate that the server has made for itself, which names localhost. */
export async function httpsFront(server: RunningFacteur): Promise<HttpsFront> {
  const certificate = join(server.data, 'tls', 'certificate.pem')
  const key = readFileSync(join(server.data, 'tls', 'key.pem'))
  const behind = new URL(server.url)
  const requests: string[] = []
  const front = createServer({ cert: readFileSync(certificate), key }, (incoming, response) => {
    const { method = 'GET', url = '/' } = incoming
    const headers = { ...incoming.headers, 'x-forwarded-proto': 'https' }
    const passed = request({ host: behind.hostname, port: behind.port, method, path: url, headers }, (answer) => {
      requests.push(`${method} ${url.split('?')[0]} ${answer.statusCode}`)
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      response.flushHeaders()
      answer.pipe(response)
    })
    passed.on('error', () => response.destroy())
    response.on('close', () => passed.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>((listening) => front.listen(0, '127.0.0.1', listening))
  return {
    host: `localhost:${(front.address() as AddressInfo).port}`,
    certificate,
    requests,
    stop: () =>
      new Promise((closed) => {
        front.close(() => closed())
        front.closeAllConnections()
      }),
  }
}
