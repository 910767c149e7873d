export { proofOf } from './credentials.ts'
export type { LoginProof, SaslCredentials, SaslMechanism, SaslNames, ScramProof } from './credentials.ts'
export type {
  SaslAnswer,
  SaslQuestion,
  SaslServer,
  SaslSetting,
  SaslStep,
  ScramSalt,
  ScramSignature,
} from './exchange.ts'
export { boundMechanisms, saslMechanisms, saslServer, unboundMechanisms, withoutChannel } from './server.ts'
export { saslClient, type SaslClient } from './client.ts'
