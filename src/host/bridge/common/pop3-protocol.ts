/**
 * POP3 at the bridge: `Pop3Login` as it is. A connection that we end, ends without a word: a line that answers no command
 * would be taken for the answer to the next one (RFC 1939 §3).
 */

import { Pop3Error, Pop3Login } from '../../../protocol/pop3/index.ts'
import type { SessionProtocol } from './session-protocol.ts'

const encoder = new TextEncoder()

export const pop3Protocol: SessionProtocol = {
  name: 'pop3',
  login: (options) => new Pop3Login(options),
  refusal: (reason) => encoder.encode(new Pop3Error(reason, 'SYS/TEMP').render()),
  bye: () => new Uint8Array(0),
  idleMs: (limits) => limits.maildropIdleMs,
}
