/**
 * Reads what a request says, by the schemas of its endpoint.
 *
 * Limits: bodies are counted while they are read, since a length may be missing or wrong.
 * Security: what is read is the client's; members that a schema does not name are refused, so nothing else gets further.
 */
import type * as z from 'zod/mini'
import type { Endpoint } from './endpoint.ts'
import { ApiFault, type Place, pointerTo, wrongIn } from './fault.ts'

const usualBody = 64 * 1024
/** More places than a person wants to read of one request. */
const mostErrors = 50

export function readQuery(endpoint: Endpoint, url: string): unknown {
  const given: Record<string, string> = {}
  const errors: Place[] = []
  for (const [parameter, value] of url.includes('?') ? new URL(url).searchParams : []) {
    if (Object.hasOwn(given, parameter)) errors.push({ parameter, detail: 'is given more than once' })
    else Object.defineProperty(given, parameter, { value, enumerable: true })
  }
  if (endpoint.query === undefined) {
    errors.push(...Object.keys(given).map((parameter) => ({ parameter, detail: 'is not known here' })))
    if (errors.length > 0) throw wrongIn(errors.slice(0, mostErrors))
    return {}
  }
  const read = endpoint.query.safeParse(given, { reportInput: true })
  if (!read.success) {
    errors.push(...places(read.error.issues).map(([path, detail]) => ({ parameter: String(path[0] ?? ''), detail })))
  }
  if (errors.length > 0) throw wrongIn(errors.slice(0, mostErrors))
  return read.data
}

/** The body by its schema; or, of another media type that the endpoint takes, as it is. */
export async function readBody(
  endpoint: Endpoint,
  request: Request,
): Promise<{ readonly body?: unknown; readonly raw?: Uint8Array }> {
  const { body, otherBodies = {}, mostBody = usualBody, mostRaw = mostBody } = endpoint
  if (body === undefined) return {}
  const [type = ''] = (request.headers.get('Content-Type') ?? '').toLowerCase().split(';')
  if (Object.hasOwn(otherBodies, type.trim())) return { raw: await boundedBody(request, mostRaw) }
  const bytes = await boundedBody(request, mostBody)
  return { body: checkBody(body, parsed(bytes, endpoint.bodyMayBeEmpty === true)) }
}

/** What the schema makes of a value. Throws with each place that is wrong. */
function checkBody<Schema extends z.ZodMiniType>(schema: Schema, value: unknown): z.output<Schema> {
  const read = safelyParsed(schema, value)
  if (read.success) return read.data
  const errors = places(read.error.issues).map(([path, detail]) => ({ pointer: pointerTo(path), detail }))
  throw wrongIn(errors.slice(0, mostErrors))
}

/** Schemas that are in themselves follow a value as deep as it is, until the stack ends. */
function safelyParsed<Schema extends z.ZodMiniType>(schema: Schema, value: unknown) {
  try {
    return schema.safeParse(value, { reportInput: true })
  } catch (error) {
    if (error instanceof RangeError) throw new ApiFault(400, 'the body is nested too deep')
    throw error
  }
}

function parsed(bytes: Uint8Array, mayBeEmpty: boolean): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    throw new ApiFault(400, 'the body is not UTF-8')
  }
  if (mayBeEmpty && text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new ApiFault(400, `the body is not JSON: ${(error as Error).message.slice(0, 200)}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ApiFault(400, 'the body must be a JSON object')
  }
  return value
}

/** A body is as long as it declares (RFC 9112 §6.2); a chunked one declares nothing, and is counted while it is read. */
async function boundedBody(request: Request, most: number): Promise<Uint8Array> {
  const declared = request.headers.get('Content-Length')
  if (Number(declared ?? '0') > most) throw tooLong(most)
  if (declared !== null) return new Uint8Array(await request.arrayBuffer())
  if (request.body === null) return new Uint8Array()
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > most) throw tooLong(most)
    chunks.push(chunk)
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

function tooLong(most: number): ApiFault {
  return new ApiFault(413, `the body is longer than ${most} bytes`)
}

/** Each wrong place and what is wrong there. */
function places(issues: readonly z.core.$ZodIssue[]): [path: readonly PropertyKey[], detail: string][] {
  return issues.flatMap((issue): [readonly PropertyKey[], string][] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => [[...issue.path, key], 'is not known here'])
    }
    return [[issue.path, issue.input === undefined ? 'is missing' : sentence(issue.message)]]
  })
}

/** zod's words with a small letter, since they follow the name of the place. */
function sentence(message: string): string {
  return `${message.charAt(0).toLowerCase()}${message.slice(1)}`
}
