/**
 * The blob store in memory: test double with faults, and the specification of the port.
 */
import type { BlobStore, ObjectRange } from '../../mailbox/index.ts'

type Operation = 'put' | 'get' | 'delete' | 'list'

export class MemoryBlobStore implements BlobStore {
  readonly objects = new Map<string, Uint8Array>()
  /** Operations so far, failed ones too. */
  readonly calls: Record<Operation, number> = { put: 0, get: 0, delete: 0, list: 0 }
  /** Octets that `get` has given out. */
  octetsRead = 0
  /** Runs before each operation: to throw, or to wait. */
  before: (operation: Operation, key: string) => Promise<void> | void = () => undefined
  /** Puts store the object and fail nevertheless, as a lost answer does. */
  losesAnswers = false
  /** Keys that `list` gives at once. */
  pageSize = 1000
  readonly #used = new Set<string>()

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#begin('put', key)
    if (this.#used.has(key)) throw new Error(`the key ${key} was used before`)
    this.#used.add(key)
    this.objects.set(key, bytes.slice())
    if (this.losesAnswers) throw new Error('the answer was lost')
  }

  async get(key: string, range?: ObjectRange): Promise<Uint8Array | undefined> {
    await this.#begin('get', key)
    const bytes = this.objects.get(key)?.slice(range?.start, range?.end)
    this.octetsRead += bytes?.length ?? 0
    return bytes
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.#begin('delete', keys[0] ?? '')
    for (const key of keys) this.objects.delete(key)
  }

  async list(after: string): Promise<readonly string[]> {
    await this.#begin('list', after)
    const keys = [...this.objects.keys()].filter((key) => key > after)
    return keys.sort((a, b) => (a < b ? -1 : 1)).slice(0, this.pageSize)
  }

  /** Makes the named operations fail until `heal`. */
  break(...operations: Operation[]): void {
    this.before = (operation) => {
      if (operations.includes(operation)) throw new Error(`the blob store refuses ${operation}`)
    }
  }

  heal(): void {
    this.before = () => undefined
    this.losesAnswers = false
  }

  async #begin(operation: Operation, key: string): Promise<void> {
    this.calls[operation]++
    await this.before(operation, key)
  }
}
