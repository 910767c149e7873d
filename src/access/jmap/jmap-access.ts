/**
 * One account's JMAP endpoint, without HTTP: session, API requests, uploads, downloads, push.
 *
 * The host authenticates, routes, and passes bytes in and out; it calls `stateChange` from the store's `onCommit` and
 * frames the result with protocol/jmap's `stateEvent`.
 *
 * Standards: RFC 8620, RFC 8621.
 */
import {
  formatBlobId,
  formatState,
  parseState,
  StoreError,
  type ChangeType,
  type Commit,
  type MailStore,
} from '../../mailbox/index.ts'
import {
  dispatch,
  parseRequest,
  requestProblem,
  type JsonObject,
  type Method,
  type RequestProblem,
  type StateChange,
} from '../../protocol/jmap/index.ts'
import { readBlob } from './blob.ts'
import type { Download, JmapAccount, JmapContext, JmapResponse } from './context.ts'
import { defaultLimits, type JmapLimits } from './limits.ts'
import { methodsOf } from './method.ts'
import { stateChangeOf } from './push.ts'
import { capabilities, sessionObject, sessionState } from './session.ts'
import type { SubmissionPort } from './submission-port.ts'

export interface JmapDependencies {
  readonly store: MailStore
  readonly account: JmapAccount
  readonly submit: SubmissionPort
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** A fresh unguessable text of 1 to 40 letters and digits. */
  readonly ids: () => string
  readonly limits?: Partial<JmapLimits>
  /** Told about bugs and faults of ours before the client hears `serverFail`. */
  readonly onFault?: (where: string, cause: unknown) => void
}

export class JmapAccess {
  readonly limits: JmapLimits
  readonly #context: JmapContext
  readonly #methods: ReadonlyMap<string, Method>
  #requests = 0
  #uploads = 0

  constructor({ limits, onFault, ...ports }: JmapDependencies) {
    this.limits = { ...defaultLimits, ...limits }
    this.#context = { ...ports, limits: this.limits, onFault: onFault ?? (() => {}) }
    this.#methods = methodsOf(this.#context)
  }

  /** The Session object (RFC 8620 §2). `baseUrl` is what the client reached us by: origin, perhaps a path. */
  session(baseUrl: string): JsonObject {
    const { account, store } = this.#context
    return sessionObject(account, store, this.limits, baseUrl)
  }

  /** An API request (RFC 8620 §3). Never rejects. The host checks the request's content type: `application/json`. */
  async handle(body: Uint8Array): Promise<JmapResponse> {
    if (this.#requests >= this.limits.maxConcurrentRequests) {
      return problem({ ...requestProblem('limit', 'Too many requests at once.', 'maxConcurrentRequests'), status: 429 })
    }
    this.#requests++
    try {
      const parsed = parseRequest(body, this.limits, capabilities)
      if ('problem' in parsed) return problem(parsed.problem)
      const response = await dispatch(parsed.request, {
        methods: this.#methods,
        maxReferenceWeight: this.limits.maxSizeRequest,
        onFault: this.#context.onFault,
      })
      return json(200, { ...response, sessionState: sessionState(this.#context.account, this.limits) })
    } finally {
      this.#requests--
    }
  }

  /**
   * To be asked before an upload's body is read: the function that ends the upload, or the refusal when
   * `maxConcurrentUpload` are under way.
   */
  beginUpload(): (() => void) | JmapResponse {
    if (this.#uploads >= this.limits.maxConcurrentUpload) {
      return problem({ ...requestProblem('limit', 'Too many uploads at once.', 'maxConcurrentUpload'), status: 429 })
    }
    this.#uploads++
    let open = true
    return () => {
      if (open) this.#uploads--
      open = false
    }
  }

  /** Keeps an upload (RFC 8620 §6.1). `type` is the request's Content-Type. */
  upload(accountId: string, bytes: Uint8Array, type: string): JmapResponse {
    if (accountId !== this.#context.account.id) return notFound('There is no such account.')
    if (bytes.length > this.limits.maxSizeUpload) {
      const detail = `The upload is larger than ${this.limits.maxSizeUpload} octets.`
      return problem({ ...requestProblem('limit', detail, 'maxSizeUpload'), status: 413 })
    }
    try {
      const mediaType = type.trim().slice(0, 255) || 'application/octet-stream'
      const upload = this.#context.store.putUpload(bytes, mediaType)
      const blobId = formatBlobId({ kind: 'upload', blob: upload.blob })
      return json(201, { accountId, blobId, type: upload.type, size: upload.size })
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      const status = error.type === 'overQuota' ? 507 : 413
      return problem({ type: 'about:blank', status, detail: error.message })
    }
  }

  /** A blob (RFC 8620 §6.2); undefined: answer 404. See `downloadHeaders`. */
  download(accountId: string, blobId: string): Download | undefined {
    if (accountId !== this.#context.account.id) return undefined
    return readBlob(this.#context.store, blobId)
  }

  /** What to push for a commit; undefined: nothing. */
  stateChange(commit: Commit): StateChange | undefined {
    return stateChangeOf(this.#context.account.id, commit)
  }

  /** The id of a `state` event: the whole state this user can see (RFC 8620 §7.3). */
  get eventId(): string {
    return formatState(this.#context.store.state)
  }

  /** What a client with this Last-Event-ID has missed; undefined: nothing, or it never was here. */
  stateChangeSince(lastEventId: string): StateChange | undefined {
    const { store, account } = this.#context
    const since = parseState(lastEventId)
    if (since === undefined || since === store.state) return undefined
    const state = this.eventId
    const changed = pushedTypes.filter((type) => {
      const changes = store.changes(type, since)
      return changes === undefined || changes.created.length + changes.updated.length + changes.destroyed.length > 0
    })
    if (changed.length === 0) return undefined
    return {
      '@type': 'StateChange',
      changed: { [account.id]: Object.fromEntries(changed.map((type) => [type, state])) },
    }
  }
}

const pushedTypes: readonly ChangeType[] = ['Email', 'Mailbox', 'Thread', 'Identity', 'EmailSubmission']

function json(status: number, body: object): JmapResponse {
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) }
}

function problem(body: RequestProblem): JmapResponse {
  return { status: body.status, contentType: 'application/problem+json', body: JSON.stringify(body) }
}

function notFound(detail: string): JmapResponse {
  return problem({ type: 'about:blank', status: 404, detail })
}
