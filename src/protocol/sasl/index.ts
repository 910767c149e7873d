export type { PasswordCredentials, SaslMechanism } from './credentials.ts'
export { saslServer, type SaslServer, type SaslStep } from './server.ts'
export { saslClient, type SaslClient } from './client.ts'
