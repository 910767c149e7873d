/**
 * The Worker's end of a bridge's link: frames in, requests to the house, answers out in any order.
 *
 * Limits: what unfinished bodies and running requests may hold, since 128 MB are shared by all that this isolate does.
 * Security: the peer holds the bridge secret; what the heads say comes from SMTP clients and is checked by each operation.
 */
import { type AssembledRequest, decodeFrame, encodeFrame, FrameAssembler, frameKind } from '../../bridge/link/index.ts'
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

  function answer(id: number, head: object): void {
    if (open) socket.send(encodeFrame(id, frameKind.response, head))
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

  socket.addEventListener('message', (event) => {
    if (!open) return
    try {
      if (!(event.data instanceof ArrayBuffer)) throw new Error('a text frame on the link')
      const request = assembler.receive(decodeFrame(new Uint8Array(event.data)))
      if (request === undefined) return
      const tooMuch = inFlight >= limits.maxInFlight || held + assembler.pending + request.size > limits.maxPending
      if (tooMuch) answer(request.id, { error: 'too much at once' })
      else void handle(request)
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
