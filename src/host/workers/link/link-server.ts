/**
 * The Worker's end of a bridge's link: frames in, requests to the house, answers out in any order.
 *
 * Limits: what unfinished bodies and running requests may hold, since 128 MB are shared by all that this isolate does.
 * Security: the peer holds the bridge secret; what the heads say comes from SMTP clients and is checked by each operation.
 */
import { type AssembledRequest, decodeFrames, FrameAssembler, frameKind, FrameSender } from '../../bridge/link/index.ts'
import { describe, type Log } from '../log.ts'
import type { LinkOperations } from './operations.ts'

export interface LinkLimits {
  /** One message. */
  readonly maxBody: number
  /** Bodies that are being received or handled, together. */
  readonly maxPending: number
  /** Requests being handled. A bridge with more of them has stopped listening to answers. */
  readonly maxInFlight: number
}

/** Serves `socket`, which has been accepted, until it closes. */
export function serveLink(socket: WebSocket, operations: LinkOperations, limits: LinkLimits, log: Log): void {
  const assembler = new FrameAssembler({ maxBody: limits.maxBody, maxPending: limits.maxPending })
  let inFlight = 0
  let held = 0
  let open = true

  const sender = new FrameSender((message, sent) => {
    if (open) socket.send(message)
    // The runtime has taken a copy.
    sent()
  })

  function answer(id: number, head: object): void {
    // Commits of several accounts end within one turn of the event loop: their answers leave together after it. The only
    // request there is waits for nobody.
    if (sender.empty) {
      if (inFlight > 1) setTimeout(() => sender.flush(), 0)
      else queueMicrotask(() => sender.flush())
    }
    sender.write({ id, kind: frameKind.response, json: JSON.stringify(head), body: [] })
  }

  async function handle(request: AssembledRequest): Promise<void> {
    inFlight++
    held += request.size
    try {
      answer(request.id, await operations.perform(request.head, request.body))
    } catch (error) {
      log('error', 'link request failed', { error: describe(error) })
      answer(request.id, { error: 'temporarily unable' })
    } finally {
      inFlight--
      held -= request.size
    }
  }

  function take(request: AssembledRequest): void {
    const tooMuch = inFlight >= limits.maxInFlight || held + assembler.pending + request.size > limits.maxPending
    if (tooMuch) answer(request.id, { error: 'too much at once' })
    else void handle(request)
  }

  socket.addEventListener('message', (event) => {
    if (!open) return
    try {
      if (!(event.data instanceof ArrayBuffer)) throw new Error('a text frame on the link')
      for (const frame of decodeFrames(new Uint8Array(event.data))) {
        const request = assembler.receive(frame)
        if (request !== undefined) take(request)
      }
    } catch (error) {
      // Not frames, or not ours: nothing after it can be trusted to be aligned with requests.
      log('warning', 'link broken', { error: describe(error) })
      open = false
      socket.close(1008, 'broken frame')
    }
  })
  socket.addEventListener('close', () => {
    open = false
  })
  socket.addEventListener('error', () => {
    open = false
  })
}
