/**
 * Blob/get: octets, digests and sizes of blobs within an API request.
 *
 * Standards: RFC 9404 §4.2.
 * Limits: octets of one answer, which is held in memory as JSON.
 */
import { encodeBase64 } from '../../../format/index.ts'
import {
  blobCapability,
  getArguments,
  invalidArguments,
  MethodError,
  type Json,
  type JsonObject,
  type Method,
} from '../../../protocol/jmap/index.ts'
import { openBlob } from '../blob.ts'
import { standardOf, type Download, type JmapContext } from '../context.ts'
import { readRange, within, type OctetRange } from './octet-range.ts'

/** Names of RFC 9404 §4.2.2 and of the Web Crypto API. */
const digests: Readonly<Record<string, 'SHA-1' | 'SHA-256' | 'SHA-512'>> = {
  sha: 'SHA-1',
  'sha-256': 'SHA-256',
  'sha-512': 'SHA-512',
}
export const digestAlgorithms: readonly string[] = Object.keys(digests)

const plain = ['data', 'data:asText', 'data:asBase64', 'size', 'id']

export function blobGet(context: JmapContext): Method {
  return {
    capability: blobCapability,
    async run(values, call) {
      const request = getArguments(values, standardOf(context, call), ['offset', 'length'])
      if (request.ids === undefined) throw invalidArguments('ids is missing.')
      const range = readRange(values)
      if (range === undefined) throw invalidArguments('offset or length is not an UnsignedInt.')
      const properties = request.properties ?? ['data', 'size']
      for (const name of properties) if (!isProperty(name)) throw invalidArguments(`Unknown property ${name}.`)
      const list: JsonObject[] = []
      const notFound = [...request.unresolved]
      const budget = { left: context.limits.maxSizeBodyValues }
      for (const id of request.ids) {
        const blob = await openBlob(context.store, id)
        const found = blob === undefined ? undefined : await shown(id, blob, range, properties, budget)
        if (found === undefined) notFound.push(id)
        else list.push(found)
      }
      return { arguments: { accountId: context.account.id, list, notFound } }
    },
  }
}

function isProperty(name: string): boolean {
  return plain.includes(name) || (name.startsWith('digest:') && Object.hasOwn(digests, name.slice(7)))
}

/** Undefined when the blob has been destroyed meanwhile. */
async function shown(
  id: string,
  blob: Download,
  range: OctetRange,
  properties: readonly string[],
  budget: { left: number },
): Promise<JsonObject | undefined> {
  const { start, end, isWhole } = within(blob.size, range)
  const result: JsonObject = { id }
  const wants = (name: string) => properties.includes(name)
  const wantsData = wants('data') || wants('data:asText') || wants('data:asBase64')
  if (wantsData) budget.left -= end - start
  if (budget.left < 0) throw new MethodError('requestTooLarge', 'The blobs are too large for one answer.')
  const wantsOctets = wantsData || properties.some((name) => name.startsWith('digest:'))
  const part = wantsOctets ? await blob.slice(start, end) : new Uint8Array()
  if (part === undefined) return undefined
  if (wantsData) {
    Object.assign(result, dataOf(part, wants))
    if (!isWhole) result['isTruncated'] = true
  }
  for (const name of properties) {
    const algorithm = name.startsWith('digest:') ? digests[name.slice(7)] : undefined
    if (algorithm === undefined) continue
    result[name] = encodeBase64(new Uint8Array(await crypto.subtle.digest(algorithm, part)))
    if (!isWhole) result['isTruncated'] = true
  }
  if (wants('size')) result['size'] = blob.size
  return result
}

/** `data` is text where the octets are UTF-8, else base64; a text that is asked for and is none says so. */
function dataOf(part: Uint8Array, wants: (name: string) => boolean): JsonObject {
  const text = wants('data') || wants('data:asText') ? utf8(part) : undefined
  const result: Record<string, Json> = {}
  if (wants('data:asText') || (wants('data') && text !== undefined)) result['data:asText'] = text ?? null
  if (wants('data:asBase64') || (wants('data') && text === undefined)) result['data:asBase64'] = encodeBase64(part)
  if ((wants('data') || wants('data:asText')) && text === undefined) result['isEncodingProblem'] = true
  return result
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined // not UTF-8: an answer, not a fault
  }
}
