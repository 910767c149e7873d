/** IMAP at the bridge: `ImapLogin` as it is, and an untagged BYE (RFC 9051 §7.1.5). */

import { ImapLogin } from '../../../protocol/imap/index.ts'
import type { SessionProtocol } from './session-protocol.ts'

const encoder = new TextEncoder()

export const imapProtocol: SessionProtocol = {
  name: 'imap',
  login: (options) => new ImapLogin(options),
  bye: (reason) => encoder.encode(`* BYE ${reason}\r\n`),
}
