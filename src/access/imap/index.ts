/**
 * IMAP beside the data: the session that runs where the mail is.
 */
export { ImapSession, type ImapSessionDeps } from './session.ts'
export type { PeopleLookup } from './people-lookup.ts'
export type { GuestAnswer, GuestCall, OthersPort, Owner } from './others/port.ts'
export { answerGuest, type GuestDeps } from './guest/answer.ts'
export { endsRest, type Rest, restOf } from './rest.ts'
export type { ImapSessionState } from './session-state.ts'
export { defaultSessionLimits, type ImapSessionLimits } from './limits.ts'
