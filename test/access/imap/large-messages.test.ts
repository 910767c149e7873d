import { describe, expect, it } from 'vitest'
import { latin1 } from '../../../src/format/index.ts'
import { deliver, openLarge, sized } from '../../mailbox/large.ts'
import { message } from '../../mailbox/fixture.ts'
import { Client } from './harness.ts'

const mebibyte = 1024 * 1024

async function world(...sizes: number[]) {
  const { store, blobs } = openLarge()
  for (const size of sizes) await deliver(store, sized(size))
  const client = await new Client(store).select()
  return { store, blobs, client }
}

describe('FETCH of a message in the blob store', () => {
  it('gives it whole, in parts and in partial ranges (RFC 9051 §6.4.5)', async () => {
    const { blobs, client } = await world(3 * mebibyte)
    const raw = sized(3 * mebibyte)
    const whole = await client.send('a FETCH 1 BODY.PEEK[]\r\n')
    const start = whole.indexOf('\r\n') + 2
    expect(whole.slice(start, start + raw.length)).toBe(latin1(raw))
    expect(whole).toMatch(/\)\r\na OK /)
    const before = blobs.octetsRead
    const partial = await client.send('a FETCH 1 BODY.PEEK[]<2000000.30>\r\n')
    expect(partial).toContain(`BODY[]<2000000> {30}\r\n${latin1(raw.subarray(2_000_000, 2_000_030))})`)
    expect(blobs.octetsRead - before).toBe(30)
    expect(await client.send('a FETCH 1 BINARY.SIZE[1]\r\n')).toContain(
      `BINARY.SIZE[1] ${raw.length - headerSize(raw)}`,
    )
  })

  it('asks the blob store for nothing but bodies', async () => {
    const { blobs, client } = await world(mebibyte)
    blobs.break('get')
    const items =
      'FLAGS ENVELOPE BODYSTRUCTURE RFC822.SIZE BODY.PEEK[HEADER] BODY.PEEK[HEADER.FIELDS (To)] BODY.PEEK[TEXT]<0.4000>'
    expect(await client.send(`a FETCH 1 (${items})\r\n`)).toMatch(/a OK /)
    expect(blobs.calls.get).toBe(0)
  })

  it('is a NO that names the reason when the blob store fails, and the session goes on (RFC 5530 §3)', async () => {
    const { blobs, client } = await world(2 * mebibyte, 2000)
    blobs.break('get')
    expect(await client.send('a FETCH 1:2 BODY.PEEK[]\r\n')).toBe(
      'a NO [UNAVAILABLE] the message cannot be read now\r\n',
    )
    expect(await client.send('b FETCH 2 BODY.PEEK[]\r\n')).toMatch(/\r\nb OK /)
    blobs.heal()
    expect((await client.send('c FETCH 1 BODY.PEEK[]\r\n')).length).toBeGreaterThan(2 * mebibyte)
    expect(client.errors).toEqual([])
  })

  it('hangs up when the blob store fails in the middle of a literal', async () => {
    const { blobs, client } = await world(3 * mebibyte)
    let gets = 0
    blobs.before = (operation) => {
      if (operation === 'get' && ++gets > 1) throw new Error('gone')
    }
    await client.send('a FETCH 1 BODY.PEEK[]\r\n')
    expect(client.controls).toEqual([{ close: true }])
  })

  it('leaves out a message that is expunged while its octets are fetched (RFC 2180 §4.1)', async () => {
    const { store, blobs, client } = await world(mebibyte, mebibyte + 1)
    const [first] = store.view(store.mailboxByRole('inbox')!.id).uidList()
    blobs.before = (operation) => {
      if (operation !== 'get') return
      blobs.heal()
      store.expunge(store.mailboxByRole('inbox')!.id, [first!])
    }
    const answer = await client.send('a FETCH 1:2 BODY.PEEK[]\r\n')
    expect(answer).toMatch(/^\* 2 FETCH /)
    expect(answer).not.toContain('* 1 FETCH (BODY')
    expect(answer).toMatch(/a NO \[EXPUNGEISSUED\]/)
  })
})

function headerSize(raw: Uint8Array): number {
  return latin1(raw).indexOf('\r\n\r\n') + 4
}

describe('SEARCH of messages in the blob store', () => {
  it('looks into their texts (RFC 9051 §6.4.4)', async () => {
    const { store, client } = await world(mebibyte, 2000)
    const text = `${'x'.repeat(70)}\r\n`.repeat(1500)
    await deliver(store, message({ body: `${text}needle` }))
    expect(await client.command('NOOP')).toContain('* 3 EXISTS')
    expect(await client.command('SEARCH BODY needle')).toContain('* SEARCH 3')
    expect(await client.command('SEARCH NOT TEXT needle')).toContain('* SEARCH 1 2')
    expect(await client.command('SEARCH BODY dull LARGER 3000')).toContain('* SEARCH 1')
  })

  it('fails clearly when the blob store does', async () => {
    const { blobs, client } = await world(mebibyte)
    blobs.break('get')
    expect(await client.command('SEARCH BODY needle')).toEqual(['a NO [UNAVAILABLE] the message cannot be read now'])
    expect(await client.command('SEARCH SUBJECT x')).toContain('a OK SEARCH completed')
  })
})

function append(client: Client, raw: Uint8Array): Promise<string> {
  return client.send(`a APPEND INBOX {${raw.length}+}\r\n${latin1(raw)}\r\n`)
}

describe('APPEND of a large message', () => {
  it('puts it into the blob store', async () => {
    const { store, blobs, client } = await world()
    const raw = sized(mebibyte)
    expect(await append(client, raw)).toMatch(/a OK \[APPENDUID /)
    expect(blobs.objects.size).toBe(1)
    const inbox = store.mailboxByRole('inbox')!.id
    const email = store.view(inbox).emails[0] as never
    expect(Buffer.compare((await store.reading(() => store.raw(email)))!, raw)).toBe(0)
  })

  it('is refused when the blob store fails, and leaves nothing behind', async () => {
    const { store, blobs, client } = await world()
    blobs.break('put')
    expect(await append(client, sized(mebibyte))).toBe('a NO [UNAVAILABLE] the message cannot be stored now\r\n')
    expect(store.quota().count).toBe(0)
  })

  it('leaves nothing behind when its mailbox is deleted meanwhile', async () => {
    const { store, blobs, client } = await world()
    const trash = store.mailboxByRole('trash')!
    blobs.before = (operation) => {
      if (operation === 'put') store.destroyMailbox(trash.id)
    }
    const raw = sized(mebibyte)
    expect(await client.send(`a APPEND Trash {${raw.length}+}\r\n${latin1(raw)}\r\n`)).toMatch(/^a NO \[TRYCREATE\]/m)
    expect(blobs.objects.size).toBe(0)
  })
})
