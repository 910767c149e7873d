/**
 * JMAP's core: requests, dispatch, errors and the standard methods' arguments, without data or I/O.
 */
export { Arguments, isIdOrReference } from './argument.ts'
export {
  coreCapability,
  mailCapability,
  reportLanguageCapability,
  submissionCapability,
  timelineCapability,
  vacationCapability,
  blobCapability,
  mailShareCapability,
  maskedEmailCapability,
  mdnCapability,
  ownerCapability,
  principalsCapability,
  quotaCapability,
} from './capability.ts'
export { vapidCapability, webSocketCapability } from './capability.ts'
export {
  dispatch,
  type CallContext,
  type CreatedIds,
  type DispatchElsewhere,
  type DispatchOptions,
  type DispatchResult,
  type Method,
  type MethodResult,
} from './dispatch.ts'
export {
  invalidArguments,
  invalidProperties,
  MethodError,
  requestProblem,
  SetError,
  type MethodErrorType,
  type RequestErrorType,
  type RequestProblem,
  type SetErrorType,
} from './error.ts'
export {
  filterTypes,
  maxPingSeconds,
  minPingSeconds,
  parseEventSourceQuery,
  pingEvent,
  stateEvent,
  type EventSourceOptions,
  type StateChange,
  type TypeState,
} from './event-source.ts'
export { matchesFilter, parseFilter, type Filter, type FilterLimits } from './filter.ts'
export { isObject, member, parseJson, parseJsonText, printJson, type Json, type JsonObject } from './json.ts'
export { applyPatch, equalJson, patchedProperties } from './patch.ts'
export { evaluatePointer, resolveReferences, setOwn, type MethodResponse, type ReferenceBudget } from './reference.ts'
export { pushVerification } from './push-payload.ts'
export {
  parseRequest,
  readRequest,
  type Invocation,
  type JmapRequest,
  type ParsedRequest,
  type RequestLimits,
} from './request.ts'
export {
  changesArguments,
  checkAccount,
  getArguments,
  idArguments,
  queryArguments,
  queryChangesArguments,
  refuseTooMany,
  resolveId,
  setArguments,
  setOperations,
  type ChangesArguments,
  type Comparator,
  type GetArguments,
  type QueryArguments,
  type QueryChangesArguments,
  type SetArguments,
  type SetOperations,
  type Standard,
  type StandardLimits,
} from './standard.ts'
export { formatJmapDate, formatUtcDate, isId, isInt, isUnsignedInt, parseJmapDate, parseUtcDate } from './type.ts'
export {
  differenceOf,
  pageOf,
  windowStart,
  type Page,
  type QueryDifference,
  type Touched,
  type Window,
} from './window.ts'
export {
  offersJmap,
  parseWebSocketMessage,
  webSocketProtocol,
  webSocketRequestError,
  webSocketResponse,
  webSocketStateChange,
  type WebSocketMessage,
} from './web-socket.ts'
