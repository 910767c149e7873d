/**
 * The Request object: parsed from bytes, checked, or answered with a problem.
 *
 * Standards: RFC 8620 §3.3 (Request), §3.4 (Response), §3.6.1 (request-level errors).
 * Security: fed with HTTP request bodies.
 */
import { requestProblem, type RequestProblem } from './error.ts'
import { isObject, member, parseJson, type Json, type JsonObject } from './json.ts'
import { isId } from './type.ts'

export interface Invocation {
  readonly name: string
  readonly arguments: JsonObject
  readonly callId: string
}

export interface JmapRequest {
  readonly using: ReadonlySet<string>
  readonly calls: readonly Invocation[]
  /** Creation id → id, as the client sent it; its presence asks for `createdIds` in the response. */
  readonly createdIds?: ReadonlyMap<string, string>
}

export interface RequestLimits {
  readonly maxSizeRequest: number
  readonly maxCallsInRequest: number
}

export type ParsedRequest = { readonly request: JmapRequest } | { readonly problem: RequestProblem }

export function parseRequest(body: Uint8Array, limits: RequestLimits, supported: ReadonlySet<string>): ParsedRequest {
  if (body.length > limits.maxSizeRequest) {
    return refuse('limit', `The request is larger than ${limits.maxSizeRequest} octets.`, 'maxSizeRequest')
  }
  const parsed = parseJson(body)
  if (parsed === undefined) return refuse('notJSON', 'The request did not parse as I-JSON (RFC 7493).')
  const { value } = parsed
  if (!isObject(value)) return refuse('notRequest', 'The request is not a JSON object.')
  return readRequest(value, limits, supported)
}

/** A Request object whose size and syntax were looked at already. */
export function readRequest(value: JsonObject, limits: RequestLimits, supported: ReadonlySet<string>): ParsedRequest {
  const using = member(value, 'using')
  if (!Array.isArray(using) || !using.every((uri) => typeof uri === 'string')) {
    return refuse('notRequest', '"using" is not an array of strings.')
  }
  const methodCalls = member(value, 'methodCalls')
  if (!Array.isArray(methodCalls)) return refuse('notRequest', '"methodCalls" is not an array.')
  const calls: Invocation[] = []
  for (const [index, call] of methodCalls.entries()) {
    const invocation = parseInvocation(call)
    if (invocation === undefined) return refuse('notRequest', `Method call ${index} is not [name, arguments, id].`)
    calls.push(invocation)
  }
  const createdIds = parseCreatedIds(member(value, 'createdIds'))
  if (createdIds === 'invalid') return refuse('notRequest', '"createdIds" is not a map of ids to ids.')

  const unknown = using.find((uri) => !supported.has(uri))
  if (unknown !== undefined) {
    return refuse('unknownCapability', `The capability ${JSON.stringify(unknown)} is not supported.`)
  }
  if (calls.length > limits.maxCallsInRequest) {
    return refuse('limit', `More than ${limits.maxCallsInRequest} method calls.`, 'maxCallsInRequest')
  }
  return { request: { using: new Set(using), calls, ...(createdIds === undefined ? {} : { createdIds }) } }
}

function parseInvocation(call: Json): Invocation | undefined {
  if (!Array.isArray(call) || call.length !== 3) return undefined
  const [name, args, callId] = call
  if (typeof name !== 'string' || !isObject(args) || typeof callId !== 'string') return undefined
  return { name, arguments: args, callId }
}

function parseCreatedIds(value: Json | undefined): ReadonlyMap<string, string> | undefined | 'invalid' {
  if (value === undefined) return undefined
  if (!isObject(value)) return 'invalid'
  const ids = new Map<string, string>()
  for (const [creationId, id] of Object.entries(value)) {
    if (!isId(creationId) || !isId(id)) return 'invalid'
    ids.set(creationId, id)
  }
  return ids
}

function refuse(type: 'limit' | 'notJSON' | 'notRequest' | 'unknownCapability', detail: string, limit?: string) {
  return { problem: requestProblem(type, detail, limit) }
}
