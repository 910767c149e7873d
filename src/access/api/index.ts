export { type ApiToken, apiTokenId, isRestricted, newApiToken, type NewApiToken } from './api-token.ts'
export { reachesAddress, reachesDomain } from './api-token.ts'
export { type AuditRecord, AuditStore, type NewAuditRecord, withoutSecrets } from './audit-store.ts'
export { allScopes, isScope, type Scope, scopes } from './scope.ts'
export { mostTokens, TokenStore } from './token-store.ts'
export {
  type ComposedFile,
  composeMessage,
  type MailName,
  type MessageFields,
  MessageSender,
  recipientStatuses,
  type SenderPorts,
  type SendOrder,
  type SendOutcome,
  type SentRecipient,
} from './messages/index.ts'
