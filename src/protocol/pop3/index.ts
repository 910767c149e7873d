/**
 * POP3 without a socket: the grammar, the form of messages on the wire, and the login engine that runs in front of the mail.
 */
export { capabilities, language, type Pop3Setting } from './capability.ts'
export { parseCommand, type Pop3Command } from './command.ts'
export { Pop3Error, type Pop3ResponseCode } from './error.ts'
export { LineReader, type Line, type LineLimits } from './line-reader.ts'
export {
  defaultLoginLimits,
  Pop3Login,
  type Pop3LoginEvent,
  type Pop3LoginLimits,
  type Pop3LoginOptions,
} from './login.ts'
export { MultiLine } from './multi-line.ts'
