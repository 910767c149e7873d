/**
 * The messages of JMAP over WebSocket: one JSON object in each text frame, told apart by `@type`.
 *
 * Standards: RFC 8887 §4.3.
 * Limits: the size of a message is that of an API request; the list of types is bounded, since a sleeping connection keeps it.
 * Security: fed with frames as the network gave them.
 */
import { requestProblem, type RequestProblem } from './error.ts'
import type { StateChange } from './event-source.ts'
import { isObject, member, parseJsonText, printJson, type Json, type JsonObject } from './json.ts'

/** `Sec-WebSocket-Protocol` (RFC 8887 §4.2). */
export const webSocketProtocol = 'jmap'

export type WebSocketMessage =
  | { readonly type: 'Request'; readonly id: string | undefined; readonly request: JsonObject }
  | {
      readonly type: 'WebSocketPushEnable'
      /** Undefined: all types. */
      readonly dataTypes: ReadonlySet<string> | undefined
      readonly pushState: string | undefined
    }
  | { readonly type: 'WebSocketPushDisable' }
  /** To be answered with a RequestError. */
  | { readonly type: 'problem'; readonly id: string | undefined; readonly problem: RequestProblem }

const maxTypes = 100
/** Both together keep what is remembered of a connection below the 16 KB that a sleeping one may have. */
const typeName = /^[\w:.-]{1,100}$/

/** Whether the client offers the subprotocol, without which there is no JMAP on the socket. */
export function offersJmap(header: string | null): boolean {
  return header !== null && header.split(',').some((name) => name.trim() === webSocketProtocol)
}

export function parseWebSocketMessage(text: string, maxSize: number): WebSocketMessage {
  if (exceeds(text, maxSize)) {
    return refuse('limit', `The request is larger than ${maxSize} octets.`, undefined, 'maxSizeRequest')
  }
  const parsed = parseJsonText(text)
  if (parsed === undefined) return refuse('notJSON', 'The message did not parse as I-JSON (RFC 7493).')
  const { value } = parsed
  if (!isObject(value)) return refuse('notRequest', 'The message is not a JSON object.')
  const given = member(value, 'id')
  const id = typeof given === 'string' ? given : undefined
  switch (member(value, '@type')) {
    case 'Request':
      if (given !== undefined && id === undefined) return refuse('notRequest', '"id" is not a string.')
      return { type: 'Request', id, request: value }
    case 'WebSocketPushEnable':
      return pushEnable(value, id)
    case 'WebSocketPushDisable':
      return { type: 'WebSocketPushDisable' }
    default:
      return refuse('notRequest', 'The "@type" is none that a server takes.', id)
  }
}

function pushEnable(value: JsonObject, id: string | undefined): WebSocketMessage {
  const dataTypes = member(value, 'dataTypes') ?? null
  const pushState = member(value, 'pushState') ?? null
  if (dataTypes !== null && !isTypes(dataTypes)) {
    return refuse('notRequest', '"dataTypes" is not a list of type names.', id)
  }
  if (pushState !== null && typeof pushState !== 'string')
    return refuse('notRequest', '"pushState" is not a string.', id)
  return {
    type: 'WebSocketPushEnable',
    dataTypes: dataTypes === null ? undefined : new Set(dataTypes),
    pushState: pushState ?? undefined,
  }
}

function isTypes(value: Json): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= maxTypes &&
    value.every((name) => typeof name === 'string' && typeName.test(name))
  )
}

/** A Response (RFC 8887 §4.3.3), from the Response object of RFC 8620 §3.4. */
export function webSocketResponse(response: object, id: string | undefined): string {
  return printJson({ '@type': 'Response', ...(id === undefined ? {} : { requestId: id }), ...response })
}

/** A RequestError (RFC 8887 §4.3.4). */
export function webSocketRequestError(problem: RequestProblem, id: string | undefined): string {
  return JSON.stringify({ '@type': 'RequestError', requestId: id ?? null, ...problem })
}

/** A StateChange (RFC 8887 §4.3.5.1); `pushState` comes back when the client connects again. */
export function webSocketStateChange(change: StateChange, pushState: string): string {
  return JSON.stringify({ ...change, pushState })
}

/** Counts octets only where characters do not decide. */
function exceeds(text: string, maxSize: number): boolean {
  if (text.length > maxSize) return true
  return text.length * 3 > maxSize && new TextEncoder().encode(text).length > maxSize
}

function refuse(
  type: 'limit' | 'notJSON' | 'notRequest',
  detail: string,
  id?: string,
  limit?: string,
): WebSocketMessage {
  return { type: 'problem', id, problem: requestProblem(type, detail, limit) }
}
