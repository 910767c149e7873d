/**
 * One account's JMAP endpoint, without HTTP: session, API requests, uploads, downloads, push.
 *
 * The host authenticates, routes, and passes bytes in and out; it calls `stateChange` from the store's `onCommit` and
 * frames the result with protocol/jmap's `stateEvent`.
 *
 * Standards: RFC 8620, RFC 8621, RFC 8887.
 */
import { formatState, parseState, type Commit, type MailStore } from '../../mailbox/index.ts'
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
import { mailMethodsOf, methodsOf } from './method.ts'
import type { MasksPort } from './masked-email/masks-port.ts'
import type { PushAccess } from './push-subscription/push-service.ts'
import { stateChangeOf, stateChangeSince } from './push.ts'
import { sessionObject, sessionState, supportedBy } from './session.ts'
import type { SharingPorts } from './sharing/ports.ts'
import { mailboxSharingOf } from './sharing/shared-access.ts'
import { SharedAccountsAccess } from './sharing/shared-accounts.ts'
import type { SubmissionPort } from './submission-port.ts'
import type { Outbox } from './submission/outbox.ts'
import type { TimelinePort } from './submission/timeline-port.ts'
import { uploadAnswer, uploadRefusal } from './upload.ts'

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
  /** Without it nobody shares anything with anybody. */
  readonly sharing?: SharingPorts
  /** Without it there are no masked addresses. */
  readonly masks?: MasksPort
  /** Without it nobody is told how their messages fared. */
  readonly timeline?: TimelinePort | undefined
  /** Told about bugs and faults of ours before the client hears `serverFail`. */
  readonly onFault?: (where: string, cause: unknown) => void
}

export class JmapAccess {
  readonly limits: JmapLimits
  readonly #context: OwnContext
  readonly #methods: ReadonlyMap<string, Method>
  readonly #supported: ReadonlySet<string>
  /** Undefined: there is no sharing. */
  readonly #shared: SharedAccountsAccess | undefined
  #requests = 0
  #uploads = 0

  constructor({ limits, onFault, ...ports }: JmapDependencies) {
    this.limits = { ...defaultLimits, ...limits }
    const { store, account, sharing } = ports
    const own = { ...ports, limits: this.limits, onFault: onFault ?? (() => {}) }
    const { people } = sharing ?? {}
    const mailboxSharing =
      people && mailboxSharingOf({ store, mail: store, owner: account.id, people, actor: undefined })
    this.#context = { ...own, mailboxSharing }
    this.#methods = available(methodsOf(this.#context))
    this.#supported = supportedBy(this.#context)
    const mailMethods = mailMethodsOf(this.#context).keys()
    this.#shared = sharing && new SharedAccountsAccess(this.#context, sharing.owners, mailMethods)
  }

  /** The Session object (RFC 8620 §2). `baseUrl` is what the client reached us by: origin, perhaps a path. */
  session(baseUrl: string): JsonObject {
    return sessionObject(this.#context, baseUrl)
  }

  /**
   * An API request (RFC 8620 §3). Never rejects. The host checks the request's content type: `application/json`.
   * `credential` is the one the client logged in with; without it no push subscriptions are seen or made.
   */
  async handle(body: Uint8Array, credential?: number): Promise<JmapResponse> {
    const answer = await this.#answer(() => parseRequest(body, this.limits, this.#supported), credential)
    return 'problem' in answer ? problem(answer.problem) : json(200, answer.response)
  }

  /** A Request object that came over a WebSocket (RFC 8887 §4.3.2), within its size: the text to send back. */
  async handleMessage(id: string | undefined, request: JsonObject, credential?: number): Promise<string> {
    const answer = await this.#answer(() => readRequest(request, this.limits, this.#supported), credential)
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
        elsewhere: this.#shared?.elsewhere,
        credential,
        maxReferenceWeight: this.limits.maxSizeRequest,
        onFault: this.#context.onFault,
      })
      return { response: { ...response, sessionState: sessionState(this.#context) } }
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

  /** Keeps an upload (RFC 8620 §6.1). `type` is the request's Content-Type. Throws `unavailable`: answer 503. */
  async upload(accountId: string, bytes: Uint8Array, type: string): Promise<JmapResponse> {
    if (!this.#has(accountId)) return uploadRefusal(404, 'There is no such account.')
    if (bytes.length > this.limits.maxSizeUpload) {
      const detail = `The upload is larger than ${this.limits.maxSizeUpload} octets.`
      return problem({ ...requestProblem('limit', detail, 'maxSizeUpload'), status: 413 })
    }
    const { store, account } = this.#context
    if (this.#shared === undefined || accountId === account.id) return uploadAnswer(store, account.id, bytes, type)
    return this.#shared.upload(accountId, bytes, type)
  }

  /** A blob (RFC 8620 §6.2); undefined: answer 404. See `downloadHeaders`. Throws `unavailable`: answer 503. */
  async download(accountId: string, blobId: string): Promise<Download | undefined> {
    if (!this.#has(accountId)) return undefined
    const { store, account } = this.#context
    if (this.#shared === undefined || accountId === account.id) return openBlob(store, blobId)
    return this.#shared.blob(accountId, blobId)
  }

  /** The user's own account, or one that shares something with them. */
  #has(accountId: string): boolean {
    return accountId === this.#context.account.id || this.#shared?.has(accountId) === true
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
