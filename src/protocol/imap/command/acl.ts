/**
 * `SETACL`, `DELETEACL`, `GETACL`, `LISTRIGHTS` and `MYRIGHTS`: who may do what with a mailbox.
 *
 * Standards: RFC 4314 §3.
 */
import { type Decoder, decodeText } from '../decoder.ts'
import { bad } from '../error.ts'

export type AclCommand =
  | { name: 'SETACL'; mailbox: string; identifier: string; action: 'replace' | 'add' | 'remove'; rights: string }
  | { name: 'DELETEACL' | 'LISTRIGHTS'; mailbox: string; identifier: string }
  | { name: 'GETACL' | 'MYRIGHTS'; mailbox: string }

export function parseSetAcl(decoder: Decoder): AclCommand {
  const { mailbox, identifier } = parseSubject(decoder)
  decoder.expectSp()
  const given = decoder.expectAstring('rights')
  const action = given.startsWith('+') ? 'add' : given.startsWith('-') ? 'remove' : 'replace'
  const rights = action === 'replace' ? given : given.slice(1)
  // RFC 4314 §7: lower-case letters and digits; which of them exist is the server's to say.
  if (!/^[a-z0-9]*$/.test(rights)) throw bad('Rights are lower-case letters')
  return { name: 'SETACL', mailbox, identifier, action, rights }
}

export function parseAclOf(name: 'DELETEACL' | 'LISTRIGHTS') {
  return (decoder: Decoder): AclCommand => ({ name, ...parseSubject(decoder) })
}

export function parseAcl(name: 'GETACL' | 'MYRIGHTS') {
  return (decoder: Decoder): AclCommand => {
    decoder.expectSp()
    return { name, mailbox: decoder.expectMailbox() }
  }
}

function parseSubject(decoder: Decoder): { mailbox: string; identifier: string } {
  decoder.expectSp()
  const mailbox = decoder.expectMailbox()
  decoder.expectSp()
  return { mailbox, identifier: decodeText(decoder.expectAstring('an identifier')) }
}
