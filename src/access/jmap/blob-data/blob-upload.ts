/**
 * Blob/upload: blobs from text, base64 and parts of other blobs, within an API request.
 *
 * Standards: RFC 9404 §4.1.
 * Limits: octets of one blob and of one call, sources of one blob; uploads are bounded by the store as a whole.
 */
import { concat, decodeBase64, encodeUtf8 } from '../../../format/index.ts'
import { formatBlobId } from '../../../mailbox/index.ts'
import {
  Arguments,
  blobCapability,
  checkAccount,
  invalidProperties,
  isObject,
  member,
  refuseTooMany,
  resolveId,
  SetError,
  setOwn,
  type CallContext,
  type Json,
  type JsonObject,
  type Method,
} from '../../../protocol/jmap/index.ts'
import { readBlob } from '../blob.ts'
import type { JmapContext } from '../context.ts'
import { asOwnError } from '../standard/change.ts'
import { cut, readRange } from './octet-range.ts'

/** RFC 9404 §3.1 wants at least 64. */
export const maxDataSources = 100

export function blobUpload(context: JmapContext): Method {
  return {
    capability: blobCapability,
    async run(values, call) {
      const args = new Arguments(values, ['accountId', 'create'])
      checkAccount(args, context.account.id)
      const create = Object.entries(args.creations('create') ?? {})
      refuseTooMany(create.length, context.limits.maxObjectsInSet)
      const created: JsonObject = {}
      const notCreated: JsonObject = {}
      // What one call may make in all: its sources are copies, so a small request could ask for any amount.
      const budget = { left: 2 * context.limits.maxSizeUpload }
      for (const [creationId, value] of create) {
        try {
          const info = await uploadOne(context, call, value, budget)
          call.createdIds.set(creationId, info.id)
          setOwn(created, creationId, { ...info })
        } catch (error) {
          setOwn(notCreated, creationId, asOwnError(context, 'Blob/upload', error).toJSON())
        }
      }
      return {
        arguments: { accountId: context.account.id, created: orNull(created), notCreated: orNull(notCreated) },
      }
    },
  }
}

interface BlobInfo {
  readonly id: string
  readonly type: string
  readonly size: number
}

async function uploadOne(
  context: JmapContext,
  call: CallContext,
  value: JsonObject,
  budget: { left: number },
): Promise<BlobInfo> {
  const { data, type = null, ...rest } = value
  const wrong = Object.keys(rest)
  if (type !== null && typeof type !== 'string') wrong.push('type')
  if (!Array.isArray(data)) wrong.push('data')
  if (wrong.length > 0) throw invalidProperties(wrong, 'Unknown or of a wrong type.')
  const sources = data as Json[]
  if (sources.length > maxDataSources) {
    throw invalidProperties('data', `A blob is made of at most ${maxDataSources} sources.`)
  }
  const pieces: Uint8Array[] = []
  let size = 0
  for (const source of sources) {
    const piece = await octetsOf(context, call, source)
    size += piece.length
    budget.left -= piece.length
    if (size > context.limits.maxSizeUpload || budget.left < 0) {
      throw new SetError('tooLarge', undefined, { maxSize: context.limits.maxSizeUpload })
    }
    pieces.push(piece)
  }
  return keep(context, concat(pieces), (type as string | null) ?? 'application/octet-stream')
}

async function keep({ store }: JmapContext, bytes: Uint8Array, type: string): Promise<BlobInfo> {
  const incoming = store.incoming()
  try {
    const upload = store.putUpload(await incoming.upload(bytes), type.trim().slice(0, 255))
    return { id: formatBlobId({ kind: 'upload', blob: upload.blob }), type: upload.type, size: upload.size }
  } finally {
    await incoming.settle()
  }
}

/** One DataSourceObject: exactly one kind of source; a range only with a blob. */
async function octetsOf(context: JmapContext, call: CallContext, source: Json): Promise<Uint8Array> {
  if (!isObject(source)) throw invalidProperties('data', 'A data source is not an object.')
  const names = Object.keys(source)
  const [text, base64, blobId] = ['data:asText', 'data:asBase64', 'blobId'].map((name) => member(source, name))
  if (names.length === 1 && typeof text === 'string') return encodeUtf8(text)
  if (names.length === 1 && typeof base64 === 'string') {
    const octets = decodeBase64(base64)
    if (octets === undefined) throw invalidProperties('data', 'data:asBase64 is not base64.')
    return octets
  }
  const range = readRange(source)
  const known = names.every((name) => name === 'blobId' || name === 'offset' || name === 'length')
  if (typeof blobId !== 'string' || !known || range === undefined) {
    throw invalidProperties('data', 'A data source is a text, base64, or a blob with a range.')
  }
  const id = resolveId(blobId, call.createdIds)
  const { store } = context
  const blob = id === undefined ? undefined : await store.reading(() => readBlob(store, id))
  if (blob === undefined) throw new SetError('blobNotFound', undefined, { notFound: [blobId] })
  const { part, isWhole } = cut(blob.bytes, range)
  if (!isWhole) throw invalidProperties('data', `The range is not within ${blobId}.`)
  return part
}

function orNull(map: JsonObject): JsonObject | null {
  return Object.keys(map).length === 0 ? null : map
}
