/**
 * Requests that are refused while the client is still sending: it must hear why, whatever it has left to send.
 */
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { removeDirectory, startFacteur, type RunningFacteur } from './server.ts'

const megabyte = 1024 * 1024
let server: RunningFacteur

beforeAll(async () => {
  server = await startFacteur()
})

afterAll(async () => {
  await server.stop()
  removeDirectory(server.data)
})

/** Sends the whole body as fast as the server takes it, and reads only when all is sent, as simple clients do. */
async function post(path: string, size: number, credentials: string): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text))
  const closed = new Promise<void>((resolve, reject) => socket.once('close', () => resolve()).once('error', reject))
  const send = (chunk: string | Uint8Array) => new Promise<void>((resolve) => socket.write(chunk, () => resolve()))
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`
  await send(
    `POST ${path} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: ${authorization}\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${size}\r\n\r\n`,
  )
  const chunk = new Uint8Array(megabyte)
  for (let sent = 0; sent < size && !socket.destroyed; sent += chunk.length) {
    await send(chunk.subarray(0, Math.min(chunk.length, size - sent)))
  }
  await closed
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), body }
}

it.each([
  ['a request of 12 MiB (RFC 8620 §3.6.1)', '/jmap/api', 12, 400, '"limit":"maxSizeRequest"'],
  ['a request of 60 MiB', '/jmap/api', 60, 400, '"limit":"maxSizeRequest"'],
  ['an upload of 40 MiB (RFC 8620 §6.1)', '/jmap/upload/a1/', 40, 413, '"limit":"maxSizeUpload"'],
  ['an upload of 200 MiB', '/jmap/upload/a1/', 200, 413, '"limit":"maxSizeUpload"'],
  ['an upload to nowhere', '/jmap/nowhere', 30, 404, 'Not Found'],
])('tells what is wrong with %s', async (_, path, size, status, text) => {
  // Whether a reset overtakes the answer is a matter of chance: each time it must not.
  for (let time = 0; time < 3; time++) {
    const answer = await post(path, size * megabyte, `alice@facteur.test:${server.password}`)
    expect([answer.status, answer.body]).toEqual([status, expect.stringContaining(text)])
  }
})

it('tells a client with a wrong password so, whatever it uploads (RFC 9110 §15.5.2)', async () => {
  expect((await post('/jmap/upload/a1/', 40 * megabyte, 'alice@facteur.test:wrong')).status).toBe(401)
})
