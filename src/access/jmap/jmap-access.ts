/**
 * One account's JMAP endpoint, without HTTP: session, API requests, uploads, downloads, push.
 *
 * The host authenticates, routes, and passes bytes in and out; it calls `stateChange` from the store's `onCommit` and
 * frames the result with protocol/jmap's `stateEvent`.
 *
 * Standards: RFC 8620, RFC 8621, RFC 8887.
 */
import { formatBlobId, formatState, parseState, StoreError, type Commit, type MailStore } from '../../mailbox/index.ts'
import {
  dispatch,
  parseRequest,
  printJson,
  readRequest,
  requestProblem,
  webSocketRequestError,
  webSocketResponse,
  type JsonObject,
  type Method,
  type ParsedRequest,
  type RequestProblem,
  type StateChange,
} from '../../protocol/jmap/index.ts'
import { available } from './available.ts'
import { openBlob } from './blob.ts'
import type { Download, JmapAccount, JmapResponse, OwnContext } from './context.ts'
import { defaultLimits, type JmapLimits } from './limits.ts'
import { methodsOf } from './method.ts'
import type { PushAccess } from './push-subscription/push-service.ts'
import { stateChangeOf, stateChangeSince } from './push.ts'
import { sessionObject, sessionState, supported } from './session.ts'
import type { SubmissionPort } from './submission-port.ts'
import type { Outbox } from './submission/outbox.ts'

export interface JmapDependencies {
  readonly store: MailStore
  readonly account: JmapAccount
  readonly submit: SubmissionPort
  readonly outbox: Outbox
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** A fresh unguessable text of 1 to 40 letters and digits. */
  readonly ids: () => string
  readonly limits?: Partial<JmapLimits>
  /** Without it no push subscriptions can be made. */
  readonly push?: PushAccess
  /** Told about bugs and faults of ours before the client hears `serverFail`. */
  readonly onFault?: (where: string, cause: unknown) => void
}

export class JmapAccess {
  readonly limits: JmapLimits
  readonly #context: OwnContext
  readonly #methods: ReadonlyMap<string, Method>
  #requests = 0
  #uploads = 0

  constructor({ limits, onFault, ...ports }: JmapDependencies) {
    this.limits = { ...defaultLimits, ...limits }
    this.#context = { ...ports, limits: this.limits, onFault: onFault ?? (() => {}) }
    this.#methods = available(methodsOf(this.#context))
  }

  /** The Session object (RFC 8620 §2). `baseUrl` is what the client reached us by: origin, perhaps a path. */
  session(baseUrl: string): JsonObject {
    const { account, store } = this.#context
    const key = this.#context.push?.service.applicationServerKey
    return sessionObject(account, store, this.limits, baseUrl, key)
  }

  /**
   * An API request (RFC 8620 §3). Never rejects. The host checks the request's content type: `application/json`.
   * `credential` is the one the client logged in with; without it no push subscriptions are seen or made.
   */
  async handle(body: Uint8Array, credential?: number): Promise<JmapResponse> {
    const answer = await this.#answer(() => parseRequest(body, this.limits, supported), credential)
    return 'problem' in answer ? problem(answer.problem) : json(200, answer.response)
  }

  /** A Request object that came over a WebSocket (RFC 8887 §4.3.2), within its size: the text to send back. */
  async handleMessage(id: string | undefined, request: JsonObject, credential?: number): Promise<string> {
    const answer = await this.#answer(() => readRequest(request, this.limits, supported), credential)
    if ('problem' in answer) return webSocketRequestError(answer.problem, id)
    return webSocketResponse(answer.response, id)
  }

  /** All requests of the account count together, whatever way they came. */
  async #answer(
    parse: () => ParsedRequest,
    credential: number | undefined,
  ): Promise<{ readonly response: object } | { readonly problem: RequestProblem }> {
    if (this.#requests >= this.limits.maxConcurrentRequests) {
      const tooMany = requestProblem('limit', 'Too many requests at once.', 'maxConcurrentRequests')
      return { problem: { ...tooMany, status: 429 } }
    }
    this.#requests++
    try {
      const parsed = parse()
      if ('problem' in parsed) return parsed
      const response = await dispatch(parsed.request, {
        methods: this.#methods,
        credential,
        maxReferenceWeight: this.limits.maxSizeRequest,
        onFault: this.#context.onFault,
      })
      const { account, push } = this.#context
      const state = sessionState(account, this.limits, push?.service.applicationServerKey)
      return { response: { ...response, sessionState: state } }
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
  async upload(accountId: string, bytes: Uint8Array, type: string): Promise<JmapResponse> {
    if (accountId !== this.#context.account.id) return notFound('There is no such account.')
    if (bytes.length > this.limits.maxSizeUpload) {
      const detail = `The upload is larger than ${this.limits.maxSizeUpload} octets.`
      return problem({ ...requestProblem('limit', detail, 'maxSizeUpload'), status: 413 })
    }
    const incoming = this.#context.store.incoming()
    try {
      const mediaType = type.trim().slice(0, 255) || 'application/octet-stream'
      const upload = this.#context.store.putUpload(await incoming.upload(bytes), mediaType)
      const blobId = formatBlobId({ kind: 'upload', blob: upload.blob })
      // The RFC names no status; aerc and other users of go-jmap take 200 only.
      return json(200, { accountId, blobId, type: upload.type, size: upload.size })
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      const status = error.type === 'unavailable' ? 503 : error.type === 'overQuota' ? 507 : 413
      return problem({ type: 'about:blank', status, detail: error.message })
    } finally {
      await incoming.settle()
    }
  }

  /** A blob (RFC 8620 §6.2); undefined: answer 404. See `downloadHeaders`. Throws `unavailable`: answer 503. */
  async download(accountId: string, blobId: string): Promise<Download | undefined> {
    if (accountId !== this.#context.account.id) return undefined
    return openBlob(this.#context.store, blobId)
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
    return since === undefined ? undefined : stateChangeSince(store, account.id, since)
  }
}

function json(status: number, body: object): JmapResponse {
  return { status, contentType: 'application/json; charset=utf-8', body: printJson(body) }
}

function problem(body: RequestProblem): JmapResponse {
  return { status: body.status, contentType: 'application/problem+json', body: JSON.stringify(body) }
}

function notFound(detail: string): JmapResponse {
  return problem({ type: 'about:blank', status: 404, detail })
}
