/**
 * What sessions beside the data have in common, whatever they speak: IMAP, POP3.
 */
export { Output, type SessionLog, type SessionOutput } from './output.ts'
export type { SessionEngine } from './engine.ts'
