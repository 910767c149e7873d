/**
 * JMAP's three levels of error, each in its wire form.
 *
 * Standards: RFC 8620 §3.6 (request and method level), §5.3 (SetError), RFC 7807 (problem details).
 */
import type { JsonObject } from './json.ts'

const requestErrorPrefix = 'urn:ietf:params:jmap:error:'

export type RequestErrorType = 'unknownCapability' | 'notJSON' | 'notRequest' | 'limit'

/** A whole request refused: answered with HTTP status `status` and `application/problem+json` (RFC 8620 §3.6.1). */
export interface RequestProblem {
  readonly type: string
  readonly status: number
  readonly detail: string
  /** The name of the limit that was exceeded, for `limit` only. */
  readonly limit?: string
}

export function requestProblem(type: RequestErrorType, detail: string, limit?: string): RequestProblem {
  return { type: requestErrorPrefix + type, status: 400, detail, ...(limit === undefined ? {} : { limit }) }
}

export type MethodErrorType =
  | 'serverUnavailable'
  | 'serverFail'
  | 'serverPartialFail'
  | 'unknownMethod'
  | 'invalidArguments'
  | 'invalidResultReference'
  | 'forbidden'
  | 'accountNotFound'
  | 'accountNotSupportedByMethod'
  | 'accountReadOnly'
  | 'requestTooLarge'
  | 'cannotCalculateChanges'
  | 'stateMismatch'
  | 'anchorNotFound'
  | 'unsupportedSort'
  | 'unsupportedFilter'
  | 'tooManyChanges'
  | 'unknownDataType'
  | 'fromAccountNotFound'
  | 'fromAccountNotSupportedByMethod'

/** Aborts one method call; the dispatcher answers `["error", {type, …}, callId]` (RFC 8620 §3.6.2). */
export class MethodError extends Error {
  readonly type: MethodErrorType
  readonly properties: JsonObject

  constructor(type: MethodErrorType, description?: string, properties: JsonObject = {}) {
    super(description ?? type)
    this.name = 'MethodError'
    this.type = type
    this.properties = description === undefined ? properties : { description, ...properties }
  }

  toJSON(): JsonObject {
    return { type: this.type, ...this.properties }
  }
}

export function invalidArguments(description: string): MethodError {
  return new MethodError('invalidArguments', description)
}

/** Every SetError type of RFC 8620 §5.3 and §5.4 and RFC 8621. */
export type SetErrorType =
  | 'serverFail'
  | 'forbidden'
  | 'overQuota'
  | 'tooLarge'
  | 'rateLimit'
  | 'notFound'
  | 'invalidPatch'
  | 'willDestroy'
  | 'invalidProperties'
  | 'singleton'
  | 'alreadyExists'
  | 'mailboxHasChild'
  | 'mailboxHasEmail'
  | 'blobNotFound'
  | 'tooManyKeywords'
  | 'tooManyMailboxes'
  | 'invalidEmail'
  | 'tooManyRecipients'
  | 'noRecipients'
  | 'invalidRecipients'
  | 'forbiddenMailFrom'
  | 'forbiddenFrom'
  | 'forbiddenToSend'
  | 'cannotUnsend'
  | 'mdnAlreadySent'

/** Refuses one record of a /set; thrown while that record is validated, before anything of it is applied. */
export class SetError extends Error {
  readonly type: SetErrorType
  readonly properties: JsonObject

  constructor(type: SetErrorType, description?: string, properties: JsonObject = {}) {
    super(description ?? type)
    this.name = 'SetError'
    this.type = type
    this.properties = description === undefined ? properties : { description, ...properties }
  }

  toJSON(): JsonObject {
    return { type: this.type, ...this.properties }
  }
}

/** `invalidProperties` with the names RFC 8620 §5.3 asks for. */
export function invalidProperties(properties: readonly string[] | string, description?: string): SetError {
  const names = typeof properties === 'string' ? [properties] : [...properties]
  return new SetError('invalidProperties', description, { properties: names })
}
