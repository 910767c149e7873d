/**
 * The bridge without a runtime: everything between the sockets and the Worker.
 *
 * `frame.ts` and `link-protocol.ts` are also the Worker's: they need nothing of Node and are imported on their own there.
 */
export { startBridgeOn } from './bridge.ts'
export { BridgeConfigurationError } from './error.ts'
export { lineLog, type Log, type LogFacts, type LogLevel, silentLog } from './log.ts'
export {
  type Bridge,
  type BridgeLimits,
  type BridgeOptions,
  defaultBridgeLimits,
  type ListenerName,
  type ListenerOptions,
} from './options.ts'
export type { TlsSource } from './certificates.ts'
export type { Endpoint, Network, Socket, TlsFacts } from './socket.ts'
export type {
  AuthenticateAnswer,
  AuthenticateRequest,
  DeliverRequest,
  HelloAnswer,
  HelloRequest,
  LinkOrigin,
  LinkRequest,
  RecipientRequest,
  ReplyAnswer,
  SenderRequest,
} from './link-protocol.ts'
