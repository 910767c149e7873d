/**
 * The way to the Worker: by its address, or through a socket file of the machine that both are on.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { openWorkerSocket, type WorkerAddress } from '../../../src/host/bridge/common/worker-socket.ts'

const directory = mkdtempSync(join(tmpdir(), 'facteur-socket-'))
const socketFile = join(directory, 'bridge.sock')
const server = createServer()
const webSockets = new WebSocketServer({ server })

afterEach(() => {
  webSockets.close()
  server.close()
  rmSync(directory, { recursive: true, force: true })
})

test('a socket file is what is connected to; the address is only the name of who is asked', async () => {
  server.listen(socketFile)
  await once(server, 'listening')
  const connected = once(webSockets, 'connection') as Promise<[WebSocket, IncomingMessage]>
  // Nothing listens at this address.
  const worker: WorkerAddress = { workerUrl: new URL('http://127.0.0.1:9/below'), secret: 'hush', socketFile }
  const client = openWorkerSocket(worker, 'bridge/session', {
    headers: { 'Facteur-Session': 'e30' },
    handshakeTimeout: 5_000,
    maxPayload: 1_000_000,
  })
  const [peer, request] = await connected
  expect(request.url).toBe('/below/bridge/session')
  expect(request.headers).toMatchObject({
    host: '127.0.0.1:9',
    authorization: 'Bearer hush',
    'facteur-session': 'e30',
  })
  const received = once(peer, 'message')
  await once(client, 'open')
  const sent = new Uint8Array(300_000).map((_, index) => index)
  client.send(sent)
  const [message] = (await received) as [Buffer]
  expect(message.equals(sent)).toBe(true)
  client.close()
  await once(client, 'close')
})
