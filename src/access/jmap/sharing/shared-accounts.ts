/**
 * The accounts of others, as the user's own endpoint reaches them.
 *
 * Which of them there are is what their owners told; whether something may still be done there is decided by the owner's
 * account at each call.
 *
 * Standards: RFC 8620 §3.6.2 (accountNotFound, accountNotSupportedByMethod); RFC 9670.
 */
import { StoreError, type Person } from '../../../mailbox/index.ts'
import {
  MethodError,
  type CallContext,
  type DispatchElsewhere,
  type JsonObject,
  type MethodErrorType,
  type MethodResult,
} from '../../../protocol/jmap/index.ts'
import type { Download, JmapResponse, OwnContext } from '../context.ts'
import type { CopiedEmail, CopyOutcome, OwnersPort, SharedAnswer, SharedCall } from './ports.ts'

/** Octets that travel between two accounts at once. */
const stride = 4 * 1024 * 1024

export class SharedAccountsAccess {
  readonly #context: OwnContext
  readonly #owners: OwnersPort
  /** Names of the methods of mail. */
  readonly #methods: ReadonlySet<string>

  constructor(context: OwnContext, owners: OwnersPort, methods: Iterable<string>) {
    this.#context = context
    this.#owners = owners
    this.#methods = new Set(methods)
  }

  /** Whether that account shares something with the user, as far as is known here. */
  has(accountId: string): boolean {
    return this.#context.store.sharedAccounts.get(accountId) !== undefined
  }

  /** For the dispatcher: calls that name another account. What names an unknown one is refused by the method itself. */
  readonly elsewhere: DispatchElsewhere = (name, args, call) => {
    const { accountId } = args
    if (typeof accountId !== 'string' || name === 'Core/echo') return undefined
    // Between two accounts: the user's own endpoint does that.
    if (name === 'Email/copy' || name === 'Blob/copy') return undefined
    return this.has(accountId) ? this.call(accountId, name, args, call) : undefined
  }

  /** Runs a method there. Throws MethodError. */
  async call(accountId: string, name: string, args: JsonObject, call: CallContext): Promise<MethodResult> {
    if (!this.#methods.has(name)) throw new MethodError('accountNotSupportedByMethod')
    const answer = await this.#ask(accountId, {
      name,
      arguments: args,
      using: [...call.using],
      createdIds: [...call.createdIds],
    })
    if (answer === 'gone') {
      this.#context.store.sharedAccounts.lost(accountId)
      throw new MethodError('accountNotFound')
    }
    if ('error' in answer) {
      const { type, description, ...rest } = answer.error
      throw new MethodError(type as MethodErrorType, description as string | undefined, rest)
    }
    for (const [creationId, id] of answer.createdIds) call.createdIds.set(creationId, id)
    return { arguments: answer.arguments }
  }

  async #ask(accountId: string, call: SharedCall): Promise<SharedAnswer | 'gone'> {
    try {
      return await this.#owners.call(accountId, this.#user, call)
    } catch (error) {
      if (!(error instanceof StoreError) || error.type !== 'unavailable') throw error
      throw new MethodError('serverUnavailable', error.message)
    }
  }

  upload(accountId: string, bytes: Uint8Array, type: string): Promise<JmapResponse> {
    return this.#owners.upload(accountId, this.#user, bytes, type)
  }

  /** A blob there, fetched in pieces. */
  async blob(accountId: string, blobId: string): Promise<Download | undefined> {
    const found = await this.#owners.blob(accountId, this.#user, blobId)
    return found && { ...found, slice: (start, end) => this.octets(accountId, blobId, start, end) }
  }

  /** Octets of a blob there whose size is known; undefined when there is no such blob. */
  async octets(accountId: string, blobId: string, start: number, end: number): Promise<Uint8Array | undefined> {
    const octets = new Uint8Array(end - start)
    for (let from = start; from < end; from += stride) {
      const piece = await this.#owners.octets(accountId, this.#user, blobId, from, Math.min(end, from + stride))
      if (piece === undefined) return undefined
      octets.set(piece, from - start)
    }
    return octets
  }

  add(accountId: string, email: CopiedEmail, raw: Uint8Array): Promise<CopyOutcome> {
    return this.#owners.add(accountId, this.#user, email, raw)
  }

  get #user(): Person {
    const { account, store } = this.#context
    return { id: account.id, address: account.address, name: store.facts.name }
  }
}
