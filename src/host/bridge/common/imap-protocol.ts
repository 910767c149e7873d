/** IMAP at the bridge: `ImapLogin` as it is, and an untagged BYE (RFC 9051 §7.1.5). */

import { ImapLogin } from '../../../protocol/imap/index.ts'
import type { SessionProtocol } from './session-protocol.ts'

const encoder = new TextEncoder()
const bye = (reason: string) => encoder.encode(`* BYE ${reason}\r\n`)

export const imapProtocol: SessionProtocol = {
  name: 'imap',
  login: (options) => new ImapLogin(options),
  refusal: bye,
  bye,
  idleMs: (limits) => limits.sessionIdleMs,
}
