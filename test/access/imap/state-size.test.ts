/**
 * What a session keeps over its sleep fits its socket, whatever the client asks for.
 */
import { serialize } from 'node:v8'
import { expect, it } from 'vitest'
import { Client, deliver, newStore, simple } from './harness.ts'

/** Octets that a hibernating WebSocket can hold; the host adds a few dozen of its own. */
const attachment = 16 * 1024 - 256

it('is small enough with everything at its bound at once', async () => {
  const store = newStore()
  const inbox = store.mailboxByRole('inbox')!.id
  const uids = deliver(
    store,
    Array.from({ length: 3300 }, () => simple),
  )
  const every = (step: number, offset: number) => uids.filter((_, index) => index % step === offset)
  store.setFlags(inbox, every(4, 0), { add: ['$flagged'] })
  const client = await new Client(store).select()
  await client.command('ENABLE CONDSTORE QRESYNC IMAP4rev2')
  // As many followed searches as there is room for, with as many results.
  for (let number = 1; number <= 9; number++) {
    await client.send(`tag${number} UID SEARCH RETURN (UPDATE COUNT) OR SUBJECT "${'x'.repeat(40)}" FLAGGED\r\n`)
  }
  await client.command('SEARCH RETURN (SAVE) FLAGGED')
  // The largest set of events that is taken.
  let names = 0
  while ((await client.command(watch(names + 1))).at(-1)!.includes('OK')) names++
  expect(names).toBeGreaterThan(20)
  // Messages that are gone, and a client that cannot be told.
  store.expunge(inbox, every(4, 1).slice(0, 800))
  await client.command('FETCH 1 UID')
  // Half a command.
  await client.session.receive(new TextEncoder().encode(`b SEARCH ${'x'.repeat(4000)}`))
  const state = client.session.state()
  expect(state).toBeDefined()
  expect(state!.selected!.gone.length).toBeGreaterThan(3000)
  expect(serialize(state).length).toBeLessThan(attachment)
})

function watch(names: number): string {
  const items = 'UID FLAGS BODY.PEEK[1.2.3.MIME] BODY.PEEK[HEADER.FIELDS (FROM TO)]'
  const mailboxes = Array.from({ length: names }, (_, index) => `mailbox${index}`).join(' ')
  return `NOTIFY SET (selected-delayed (MessageNew (${items}) MessageExpunge)) (mailboxes (${mailboxes}) (MailboxName))`
}
