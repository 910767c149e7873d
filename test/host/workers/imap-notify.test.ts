/**
 * What an IMAP session is told on its own, with the object asleep in between; mail with binary content.
 */
import { evictDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { account, envelope, furnish, LinkClient, message, openSession, password } from './house.ts'

let ids: Record<string, string>
let link: LinkClient

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice', 'bob'])
  link = await LinkClient.open()
})

const mail = (subject: string) => link.deliver(envelope('eve@outside.test', 'alice@facteur.test'), message({ subject }))

describe('NOTIFY (RFC 5465)', () => {
  it('goes on over the sleep of the object, with what is fetched of new messages', async () => {
    const session = await openSession('alice@facteur.test', password)
    await session.until(/Logged in\r\n/)
    await session.command('a1', 'SELECT INBOX')
    await session.command(
      'a2',
      'NOTIFY SET (selected (MessageNew (BODY[HEADER.FIELDS (SUBJECT)]) MessageExpunge)) (personal (MailboxName))',
    )
    for (const subject of ['first', 'second']) {
      await evictDurableObject(account(ids.alice!))
      await mail(subject)
      expect(await session.until(/Subject: \w+\r\n\r\n\)\r\n/)).toContain(
        `EXISTS\r\n* ${subject === 'first' ? 1 : 2} FETCH`,
      )
    }
    await evictDurableObject(account(ids.alice!))
    const other = await openSession('alice@facteur.test', password)
    await other.command('b1', 'CREATE New')
    expect(await session.until(/\r\n/)).toBe('* LIST (\\HasNoChildren) "/" "New"\r\n')
    session.close()
    other.close()
  })
})

describe('UPDATE (RFC 5267)', () => {
  it('goes on over the sleep of the object', async () => {
    const session = await openSession('alice@facteur.test', password)
    await session.until(/Logged in\r\n/)
    await session.command('a1', 'SELECT INBOX')
    await session.command('a2', 'UID SORT RETURN (UPDATE COUNT) (SUBJECT) UTF-8 SUBJECT sorted')
    for (const [subject, position] of [
      ['sorted b', 1],
      ['sorted c', 2],
      ['sorted a', 1],
    ] as const) {
      await evictDurableObject(account(ids.alice!))
      await mail(subject)
      expect(await session.command('n', 'NOOP')).toMatch(
        new RegExp(`ESEARCH \\(TAG "a2"\\) UID ADDTO \\(${position} \\d+\\)`),
      )
    }
    session.close()
  })
})

describe('binary mail (RFC 3030 §3)', () => {
  it('is kept as text, so that every client can read it (RFC 3516 §6)', async () => {
    const raw = new TextEncoder().encode('Subject: bin\r\nContent-Transfer-Encoding: binary\r\n\r\na\0b')
    const to = { ...envelope('eve@outside.test', 'bob@facteur.test'), body: 'BINARYMIME' as const }
    expect(await link.deliver(to, raw)).toMatchObject({ code: 250 })
    const session = await openSession('bob@facteur.test', password)
    await session.until(/Logged in\r\n/)
    await session.command('a1', 'SELECT INBOX')
    const answer = await session.command('a2', 'FETCH 1 (BODY.PEEK[TEXT] BINARY.PEEK[1])')
    expect(answer).toContain('BODY[TEXT] {6}\r\nYQBi\r\n BINARY[1] ~{3}\r\na\0b)')
    session.close()
  })
})
