/**
 * Server-sent events for JMAP push: the account's object sends state changes over a hibernatable WebSocket, and this relays
 * them, so that an idle subscription keeps no object in memory.
 *
 * Standards: RFC 8620 §7.3; the HTML standard, server-sent events.
 */
import {
  type EventSourceOptions,
  maxPingSeconds,
  parseEventSourceQuery,
  pingEvent,
  stateEvent,
  type StateChange,
} from '../../protocol/jmap/index.ts'
import { problem } from './problem.ts'

/** `subscribe` opens the account's event socket with the client's own credentials, or answers why not. */
export async function relayEventSource(
  request: Request,
  subscribe: (request: Request) => Promise<Response>,
): Promise<Response> {
  const url = new URL(request.url)
  const options = parseEventSourceQuery(url.searchParams)
  if (options === undefined) {
    return problem(400, 'Bad Request', 'types, closeafter (state or no) and ping (seconds) are needed')
  }
  const inner = new URL('/jmap/events', url)
  inner.searchParams.set('types', options.types === undefined ? '*' : [...options.types].join(','))
  const lastEventId = request.headers.get('Last-Event-ID')
  if (lastEventId !== null && /^[\w-]{1,64}$/.test(lastEventId)) inner.searchParams.set('since', lastEventId)
  const headers = new Headers({ Upgrade: 'websocket' })
  const authorization = request.headers.get('Authorization')
  if (authorization !== null) headers.set('Authorization', authorization)

  const opened = await subscribe(new Request(inner, { headers }))
  const socket = opened.webSocket
  if (socket === null || socket === undefined) return opened
  return new Response(eventStream(socket, options), {
    headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
  })
}

/** Where no pings are wanted: only by writing is it found out that a client has gone away. */
const comment = ':\n\n'

function eventStream(socket: WebSocket, options: EventSourceOptions): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let timer: ReturnType<typeof setTimeout> | undefined
  let done = false

  function finish(): void {
    if (timer !== undefined) clearTimeout(timer)
    timer = undefined
    if (!done) socket.close(1000)
    done = true
  }

  return new ReadableStream<Uint8Array>({
    start(controller) {
      const { ping } = options
      const write = (text: string) => {
        if (done) return
        controller.enqueue(encoder.encode(text))
        // RFC 8620 §7.3: a ping when so much time has gone by since the last event, whatever that was.
        if (timer !== undefined) clearTimeout(timer)
        timer = setTimeout(() => write(ping > 0 ? pingEvent(ping) : comment), (ping > 0 ? ping : maxPingSeconds) * 1000)
      }
      const end = () => {
        if (done) return
        finish()
        controller.close()
      }
      // The first bytes tell the client that it is subscribed: nothing that happens after them is missed.
      socket.addEventListener('message', (event) => {
        if (typeof event.data !== 'string') return
        const { id, change } = JSON.parse(event.data) as { id: string; change?: StateChange }
        if (change === undefined) return write(`: subscribed\nid: ${id}\n\n`)
        write(stateEvent(change, id))
        if (options.closeAfterState) end()
      })
      socket.addEventListener('close', end)
      socket.addEventListener('error', end)
      socket.accept()
    },
    cancel: finish,
  })
}
