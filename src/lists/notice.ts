/**
 * What a list tells its owners.
 */
import { compose, isAsciiText, splitAddress } from '../format/index.ts'
import type { Envelope } from '../protocol/smtp/index.ts'
import type { ListSettings } from './list-settings.ts'
import type { Member } from './member.ts'
import type { ListPorts } from './ports.ts'

/** A member whose mail comes back gets none any more. From the null reverse-path: nobody is to be told if it fails. */
export function bounceNotice(
  { address, owners, name }: ListSettings,
  { address: member, cause = '' }: Member,
  { clock, secret, hostname }: Pick<ListPorts, 'clock' | 'secret' | 'hostname'>,
): { envelope: Envelope; raw: Uint8Array } {
  const id = secret()
  const domain = splitAddress(address)?.domain ?? hostname
  const text = [
    `Mail of the list ${address} to ${member} came back on several days, so it is sent there no more.`,
    '',
    `The last answer was: ${cause}`,
    '',
    `Add ${member} to the list again when the address takes mail, or take it off the list.`,
    '',
  ].join('\r\n')
  const smtputf8 = ![address, ...owners].every(isAsciiText)
  const raw = compose(
    {
      header: [
        { name: 'From', addresses: [{ address, ...(name === '' ? {} : { name }) }] },
        { name: 'To', addresses: owners.map((owner) => ({ address: owner })) },
        { name: 'Subject', text: `${member} gets no mail of the list any more` },
        { name: 'Date', date: clock() },
        { name: 'Message-ID', messageIds: [`list.${id}@${domain}`] },
        { name: 'Auto-Submitted', text: 'auto-generated' },
      ],
      body: { type: 'text/plain', content: { text } },
    },
    { seed: id, smtputf8 },
  )
  const recipients = owners.map((owner) => ({ address: owner }))
  return { envelope: { reversePath: '', smtputf8, body: '8BITMIME', recipients }, raw }
}
