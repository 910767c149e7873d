/**
 * INPROGRESS (RFC 9585) and UIDBATCHES (RFC 10022).
 */
import { beforeEach, describe, expect, it } from 'vitest'
import type { MailStore } from '../../../src/mailbox/index.ts'
import { Client, deliver, newStore, now, simple } from './harness.ts'

let store: MailStore

beforeEach(() => {
  store = newStore()
})

/** A client whose server takes so many seconds for each look at the clock. */
async function slow(seconds: number): Promise<Client> {
  deliver(
    store,
    Array.from({ length: 30 }, () => simple),
  )
  let time = now
  const client = new Client(store, { now: () => (time += seconds * 1000) })
  return await client.select()
}

function told(lines: readonly string[]): string[] {
  return lines.filter((line) => line.includes('INPROGRESS'))
}

describe('INPROGRESS', () => {
  it.each(['SEARCH TEXT Hello', 'UID SORT (DATE) UTF-8 TEXT Hello', 'SEARCH SEEN TEXT nothing'])(
    'is not said of %s when it is done soon (§4)',
    async (command) => {
      expect(told(await (await slow(0.1)).command(command))).toEqual([])
    },
  )

  it.each(['SEARCH TEXT Joe', 'UID SEARCH RETURN (COUNT) TEXT Joe', 'SORT (DATE) UTF-8 TEXT Joe'])(
    'tells how far %s is, every ten seconds and before the answer (§3, §4)',
    async (command) => {
      const lines = await (await slow(1)).command(command)
      expect(told(lines)).toEqual([
        '* OK [INPROGRESS ("a" 9 30)] Still working',
        '* OK [INPROGRESS ("a" 19 30)] Still working',
        '* OK [INPROGRESS ("a" 29 30)] Still working',
      ])
      expect(lines.at(-1)).toContain('a OK')
    },
  )

  it.each(['THREAD REFERENCES UTF-8 TEXT Joe', 'ESEARCH IN (personal) TEXT Joe'])(
    'names no goal of %s, which has several steps (§4)',
    async (command) => {
      const lines = told(await (await slow(1)).command(command))
      expect(lines.length).toBeGreaterThan(1)
      for (const line of lines) expect(line).toMatch(/^\* OK \[INPROGRESS \("a" \d+ NIL\)\] /)
    },
  )

  it('leaves a tag out that would end the response code', async () => {
    expect(await (await slow(1)).send('a]b SEARCH TEXT Joe\r\n')).toContain('[INPROGRESS (NIL 9 30)]')
  })

  it('is in the capability list', async () => {
    expect((await new Client(store).command('CAPABILITY'))[0]).toContain(' INPROGRESS ')
  })
})

describe('UIDBATCHES', () => {
  let client: Client
  let uids: number[]

  beforeEach(async () => {
    deliver(store, simple, 'archive')
    uids = deliver(
      store,
      Array.from({ length: 1200 }, () => 'Subject: x\r\n\r\n'),
    )
    client = await new Client(store).select()
  })

  const batches = async (parameters: string) => (await client.command(`UIDBATCHES ${parameters}`))[0]
  /** The UID of the n-th newest message. */
  const uid = (nth: number) => uids.at(-nth)!

  it('tells ranges from the newest to the oldest, without a gap, down to 1 (§3.1)', async () => {
    expect(await batches('500')).toBe(
      `* UIDBATCHES (TAG "a") ${uid(1)}:${uid(500)},${uid(500) - 1}:${uid(1000)},${uid(1000) - 1}:1`,
    )
    expect(await batches('600')).toBe(`* UIDBATCHES (TAG "a") ${uid(1)}:${uid(600)},${uid(600) - 1}:1`)
    expect(await batches('5000')).toBe(`* UIDBATCHES (TAG "a") ${uid(1)}:1`)
  })

  it('counts messages, not UIDs', async () => {
    store.expunge(store.mailboxByRole('inbox')!.id, uids.slice(-300))
    await client.command('NOOP')
    const left = uids.slice(0, -300)
    expect(await batches('500 1:1')).toBe(`* UIDBATCHES (TAG "a") ${left.at(-1)}:${left.at(-500)}`)
    const lines = await client.command(`UID SEARCH RETURN (COUNT) UID ${left.at(-1)}:${left.at(-500)}`)
    expect(lines[0]).toContain('COUNT 500')
  })

  it('tells the batches that are named, as far as there are any (§3.1)', async () => {
    expect(await batches('500 2:3')).toBe(`* UIDBATCHES (TAG "a") ${uid(500) - 1}:${uid(1000)},${uid(1000) - 1}:1`)
    expect(await batches('500 3:9')).toBe(`* UIDBATCHES (TAG "a") ${uid(1000) - 1}:1`)
    expect(await batches('500 4:9')).toBe('* UIDBATCHES (TAG "a")')
  })

  it('has none of an empty mailbox', async () => {
    await client.select('Drafts')
    expect(await client.command('UIDBATCHES 500')).toEqual(['* UIDBATCHES (TAG "a")', 'a OK UIDBATCHES completed'])
  })

  it('refuses batches so small that they were sequence numbers (§3.1.3)', async () => {
    expect(await batches('499')).toBe('a NO [TOOFEW] A batch has at least 500 messages')
  })

  it.each(['', ' x', ' 0', ' 500 2', ' 500 2:', ' 500 0:1', ' 500 1:2 x', ' 500 1:*'])(
    'BAD for UIDBATCHES%s',
    async (rest) => {
      expect((await client.command(`UIDBATCHES${rest}`)).at(-1)).toMatch(/^a BAD/)
    },
  )

  it('says who is at fault when the range is reversed', async () => {
    expect(await batches('500 2:1')).toMatch(/^a BAD \[CLIENTBUG\]/)
  })

  it('is for the selected state, with UIDONLY too, and leaves $ alone', async () => {
    await client.command('ENABLE UIDONLY')
    await client.command(`UID SEARCH RETURN (SAVE) UID ${uid(1)}`)
    expect(await batches('5000')).toContain(':1')
    expect(await client.command('UID FETCH $ FLAGS')).toHaveLength(2)
    await client.command('UNSELECT')
    expect(await batches('500')).toMatch(/^a BAD/)
  })

  it('is in the capability list', async () => {
    expect((await client.command('CAPABILITY'))[0]).toContain(' UIDBATCHES ')
  })
})
