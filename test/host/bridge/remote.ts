/** Servers to send to, and requests to send with. */

import { readFile } from 'node:fs/promises'
import net from 'node:net'
import { join } from 'node:path'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { expect } from 'vitest'
import type { EgressRequest, EgressResult } from '../../../src/delivery/index.ts'
import { makeSelfSigned } from '../../../src/host/bridge/common/self-signed.ts'
import { secret } from './fake-worker.ts'
import { afterwards, type Scene, temporaryDirectory } from './scene.ts'

export interface Remote {
  readonly port: number
  readonly messages: { readonly from: string; readonly to: string[]; readonly raw: string; readonly secure: boolean }[]
  connections: number
}

/** An SMTP server that we did not write. */
export async function remote(options: SMTPServerOptions = {}): Promise<Remote> {
  const messages: Remote['messages'] = []
  const result = { port: 0, messages, connections: 0 }
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    logger: false,
    onConnect(_session, done) {
      result.connections++
      done()
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        messages.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map((one) => one.address),
          raw: Buffer.concat(chunks).toString(),
          secure: session.secure,
        })
        done()
      })
    },
    ...options,
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterwards(() => new Promise<void>((resolve) => server.close(() => resolve())))
  result.port = (server.server.address() as net.AddressInfo).port
  return result
}

/** A server of a few fixed lines: the first on connection, then one per line received; after them it may drip for ever. */
export async function scripted(
  lines: readonly string[],
  closeAfter = false,
  drip?: string,
): Promise<{ port: number; seen: string[] }> {
  const seen: string[] = []
  const server = net.createServer((socket) => {
    const left = [...lines]
    const say = (): void => {
      const line = left.shift()
      if (line !== undefined) socket.write(`${line}\r\n`)
      else if (drip !== undefined) {
        const dripping = setInterval(() => socket.write(drip), 20)
        socket.once('close', () => clearInterval(dripping))
      }
      if (closeAfter && left.length === 0) socket.destroy()
    }
    let pending = ''
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString('latin1')
      for (let end = pending.indexOf('\r\n'); end >= 0; end = pending.indexOf('\r\n')) {
        seen.push(pending.slice(0, end))
        pending = pending.slice(end + 2)
        say()
      }
    })
    say()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  afterwards(() => new Promise<void>((resolve) => void server.close(() => resolve())))
  return { port: (server.address() as net.AddressInfo).port, seen }
}

export async function certificate(hostname: string): Promise<{ cert: string; key: string }> {
  const directory = await temporaryDirectory()
  const [certPath, keyPath] = [join(directory, 'c.pem'), join(directory, 'k.pem')]
  await makeSelfSigned({ hostname, certPath, keyPath })
  return { cert: await readFile(certPath, 'utf8'), key: await readFile(keyPath, 'utf8') }
}

export const raw = 'Subject: out\r\n\r\nhello\r\n.dot\r\n'

export type Target = EgressRequest['targets'][number]

export function target(port: number, tls: Target['tls'] = 'opportunistic', more: Partial<Target> = {}): Target {
  return { host: 'mx.remote.example', port, addresses: ['127.0.0.1'], tls, ...more }
}

export function request(targets: Target[], more: Partial<EgressRequest> = {}): EgressRequest {
  return {
    envelope: {
      reversePath: 'alice@example.com',
      recipients: [{ address: 'bob@remote.example' }],
      smtputf8: false,
      body: '8BITMIME',
    },
    hostname: 'mx.example',
    targets,
    ...more,
  }
}

export function encode(head: unknown, message: string | Uint8Array = raw): Buffer {
  const json = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(json.length)
  return Buffer.concat([length, json, Buffer.from(message)])
}

export async function post(to: Scene, body: Uint8Array, authorization = `Bearer ${secret}`): Promise<Response> {
  return fetch(`http://127.0.0.1:${to.port('egress')}/egress`, {
    method: 'POST',
    headers: { Authorization: authorization },
    body: body as Uint8Array<ArrayBuffer>,
  })
}

export async function send(
  from: Scene,
  what: EgressRequest,
  message: string | Uint8Array = raw,
): Promise<EgressResult> {
  const response = await post(from, encode(what, message))
  expect(response.status).toBe(200)
  return (await response.json()) as EgressResult
}
