/**
 * POP3 beside the data: the session that runs where the mail is.
 */
export { Pop3Session, type Pop3SessionDeps } from './session.ts'
export type { Pop3SessionFacts, Pop3SessionState } from './session-state.ts'
export { defaultSessionLimits, type Pop3SessionLimits } from './limits.ts'
