/**
 * The text form of an email's places: `3:17 5:40` is UID 17 in mailbox 3 and UID 40 in mailbox 5.
 *
 * Text so that one UPDATE can rewrite the places of a thousand emails.
 */
import type { MailboxId, Uid } from './ids.ts'
import type { Place } from './types.ts'

export function formatPlaces(places: readonly Place[]): string {
  return places.map(({ mailboxId, uid }) => `${mailboxId}:${uid}`).join(' ')
}

export function parsePlaces(text: string): Place[] {
  return text.split(' ').map((place) => {
    const colon = place.indexOf(':')
    return { mailboxId: Number(place.slice(0, colon)) as MailboxId, uid: Number(place.slice(colon + 1)) as Uid }
  })
}
