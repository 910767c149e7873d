/**
 * The bridge without a runtime: everything between the sockets and the Worker.
 *
 * What the Worker shares with it, the wire between them, is a room of its own: `../link`.
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
export { longestChain, verifyDane } from './dane.ts'
export { buffersPassed } from './young-collection.ts'
export { tlsProblem, TlsVerificationError } from './tls-problem.ts'
export type { TlsSource } from './certificates.ts'
export {
  type ConnectOptions,
  type Endpoint,
  type Listener,
  type ListenOptions,
  type Network,
  plainAddress,
  type Socket,
  type SocketEvents,
  SocketTimeout,
  type TlsClientOptions,
  type TlsFacts,
  type TlsIdentity,
} from './socket.ts'
