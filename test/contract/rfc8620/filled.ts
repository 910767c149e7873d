/**
 * Accounts with emails to query, and things that may happen to them.
 */
import { simpleMessage, World } from '../../access/jmap/world.ts'

export const message = (n: number, subject = `S${n}`) =>
  simpleMessage.replace('<m1@', `<m${n}@`).replace('Subject: Hello', `Subject: ${subject}`)

/** A world with so many emails, oldest first. */
export function filled(count: number): { world: World; ids: string[] } {
  const world = new World()
  const ids = Array.from({ length: count }, (_, n) => world.deliver(message(n), { receivedAt: world.now + n * 1000 }))
  return { world, ids }
}

export const oldest = { sort: [{ property: 'receivedAt' }] }

/** One of the things that change results; `n` chooses which email. */
export async function operate(world: World, what: string, n: number): Promise<void> {
  const { ids } = await world.call('Email/query', oldest)
  const id = ids[n % Math.max(1, ids.length)] as string
  if (what === 'deliver') world.deliver(message(n + 100 * (ids.length + 1)), { receivedAt: world.now + n * 500 })
  if (what === 'reply') {
    const raw = message(n + 100 * (ids.length + 1), `Re: S${n % 5}`)
    const reply = raw.replace('Message-ID', `In-Reply-To: <m${n % 5}@example.com>\nMessage-ID`)
    world.deliver(reply, { receivedAt: world.now + n * 700 })
  }
  if (ids.length === 0) return
  if (what === 'flag') await world.call('Email/set', { update: { [id]: { 'keywords/$flagged': true } } })
  if (what === 'unflag') await world.call('Email/set', { update: { [id]: { 'keywords/$flagged': null } } })
  const mailboxIds = { [world.mailbox(n % 2 === 0 ? 'archive' : 'inbox')]: true }
  if (what === 'move') await world.call('Email/set', { update: { [id]: { mailboxIds } } })
  if (what === 'destroy') await world.call('Email/set', { destroy: [id] })
}
