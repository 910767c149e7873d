/**
 * The blob store over an R2 bucket: all accounts share one, each under its id.
 *
 * Limits: R2 deletes at most 1,000 keys and lists at most 1,000 in one call.
 */
import type { BlobStore, ObjectRange } from '../../mailbox/index.ts'
import { describe, type Log } from './log.ts'

const KEYS_AT_ONCE = 1000

export function r2BlobStore(bucket: R2Bucket, accountId: string, log: Log): BlobStore {
  const prefix = `${accountId}/`
  const name = (key: string) => prefix + key

  /** Every failure is told to the operator here: callers only know that it is to be tried again. */
  async function told<T>(operation: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      log('error', `blob store: ${operation} failed`, { accountId, error: describe(error) })
      throw error
    }
  }

  return {
    put: (key, bytes) =>
      told('put', async () => {
        const stored = await bucket.put(name(key), bytes)
        if (stored?.size !== bytes.length) throw new Error(`not all of ${bytes.length} octets are stored`)
      }),
    get: (key, range?: ObjectRange) =>
      told('get', async () => {
        if (range !== undefined && range.end <= range.start) return new Uint8Array()
        const options = range === undefined ? {} : { range: { offset: range.start, length: range.end - range.start } }
        const found = await bucket.get(name(key), options)
        return found === null ? undefined : new Uint8Array(await found.arrayBuffer())
      }),
    delete: (keys) =>
      told('delete', async () => {
        for (let at = 0; at < keys.length; at += KEYS_AT_ONCE) {
          await bucket.delete(keys.slice(at, at + KEYS_AT_ONCE).map(name))
        }
      }),
    list: (after) =>
      told('list', async () => {
        const { objects } = await bucket.list({ prefix, startAfter: name(after), limit: KEYS_AT_ONCE })
        return objects.map(({ key }) => key.slice(prefix.length))
      }),
  }
}
