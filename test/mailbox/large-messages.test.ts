import { describe, expect, it, test } from 'vitest'
import { memorySql } from '../../src/host/memory/sql.ts'
import { type Email, MailStore, type MailStoreOptions } from '../../src/mailbox/index.ts'
import type { Sql } from '../../src/storage/index.ts'
import { message, openStore, startTime } from './fixture.ts'
import { deliver, distinctRandom, type LargeFixture, openLarge, sized } from './large.ts'

const kibibyte = 1024
const mebibyte = 1024 * kibibyte

/** Rows written by statements since the last question. */
function metered(): { sql: Sql; rows: () => number } {
  const inner = memorySql()
  let rows = 0
  const sql: Sql = {
    exec(query, ...bindings) {
      const cursor = inner.exec<never>(query, ...bindings)
      rows += cursor.rowsWritten
      return cursor
    },
    transaction: (work) => inner.transaction(work),
  }
  return {
    sql,
    rows: () => {
      const counted = rows
      rows = 0
      return counted
    },
  }
}

/** The account in another life of its object. */
function reopened(options: Omit<MailStoreOptions, 'now'>): MailStore {
  return new MailStore({ now: () => startTime, ...options })
}

function dropped({ sql }: LargeFixture): string[] {
  const rows = sql.exec<{ keys: string }>('SELECT keys FROM dropped_object').toArray()
  return rows.flatMap((row) => JSON.parse(row.keys) as string[])
}

describe('a delivered message costs', () => {
  it.each([
    ['4 KB', 4 * kibibyte, 0],
    ['50 KB', 50 * kibibyte, 0],
    ['64 KiB, the limit', 64 * kibibyte, 0],
    ['one octet more', 64 * kibibyte + 1, 1],
    ['1 MB', mebibyte, 1],
    ['20 MB', 20 * mebibyte, 1],
  ])('at most 4 rows: %s, with %i octets and %i PUTs (architecture §4)', async (_, size, puts) => {
    const { sql, rows } = metered()
    const { store, blobs } = openLarge({ sql })
    await deliver(store, sized(size, { id: 'first@x' }))
    rows()
    const before = blobs.calls.put
    await deliver(store, sized(size, { id: 'counted@x' }))
    expect(rows()).toBeLessThanOrEqual(4)
    expect(blobs.calls.put - before).toBe(puts)
    expect(blobs.calls).toMatchObject({ delete: 0, list: 0 })
  })
})

describe.each([
  ['inline', () => openStore()],
  ['in a blob store', () => openLarge()],
])('a message %s', (_, open) => {
  it.each([100, 64 * kibibyte + 1, mebibyte + 5, 2 * mebibyte + 1])(
    'of %i octets comes back byte for byte, whole and in slices',
    async (size) => {
      const { store, reopen } = open()
      const raw = sized(Math.max(size, 300))
      const email = await deliver(store, raw)
      const again = reopen()
      expect(Buffer.compare((await again.reading(() => again.raw(email.id)))!, raw)).toBe(0)
      const edges = [-1, 0, 1, email.headerSize, email.headerSize + 4096, email.headerSize + 4097, mebibyte, raw.length]
      for (const start of edges) {
        for (const end of [...edges, Infinity]) {
          const slice = await again.reading(() => again.slice(email.id, start, end))
          expect(Buffer.compare(slice!, raw.slice(Math.max(0, start), Math.max(0, start, end)))).toBe(0)
        }
      }
      expect((await again.reading(() => again.blob({ kind: 'message', blob: email.blob })))?.size).toBe(raw.length)
    },
  )

  it('is found by words of its body, conditions combined and negated', async () => {
    const { store } = open()
    const needle = await deliver(store, sized(100 * kibibyte, { subject: 'one', more: 'X-A: b' }))
    const text = `${'x'.repeat(70)}\r\n`.repeat(1500)
    const other = await deliver(store, message({ subject: 'two', body: `${text}needle in hay` }))
    const small = await deliver(store, message({ subject: 'three', body: 'needle' }))
    const ids = (filter: object) => store.reading(() => store.query({ filter, sort: [{ property: 'size' }] }).ids)
    expect(await ids({ body: 'needle' })).toEqual([small.id, other.id])
    expect(await ids({ operator: 'NOT', conditions: [{ body: 'needle' }] })).toEqual([needle.id])
    expect(await ids({ operator: 'OR', conditions: [{ body: '"in hay"' }, { text: 'jack' }] })).toEqual([
      needle.id,
      other.id,
    ])
    expect(await ids({ header: ['X-A', 'b'] })).toEqual([needle.id])
  })

  it('is an upload too, and becomes an email', async () => {
    const { store, inbox } = open()
    const raw = sized(200 * kibibyte)
    const incoming = store.incoming()
    const upload = store.putUpload(await incoming.upload(raw), 'message/rfc822')
    await incoming.settle()
    const blob = await store.reading(() => store.blob({ kind: 'upload', blob: upload.blob }))
    expect(Buffer.compare(blob!.bytes, raw)).toBe(0)
    expect((await deliver(store, blob!.bytes, inbox)).size).toBe(raw.length)
  })
})

describe('without the blob store being asked', () => {
  it('an upload is refused that the quota has no room for', async () => {
    const { store, blobs } = openLarge()
    store.updateAccount({ quota: mebibyte })
    const incoming = store.incoming()
    await expect(incoming.upload(sized(mebibyte + 1))).rejects.toMatchObject({ type: 'overQuota' })
    await incoming.settle()
    expect(blobs.calls.put).toBe(0)
  })

  it('an upload above the size of a message is refused', async () => {
    const { store, blobs } = openLarge({ limits: { maxMessageSize: mebibyte } })
    await expect(store.incoming().upload(sized(mebibyte + 1))).rejects.toMatchObject({ type: 'tooLarge' })
    expect(blobs.calls.put).toBe(0)
  })

  it('header, envelope, preview and the beginning of the body are read', async () => {
    const { store, blobs, reopen } = openLarge()
    const raw = sized(mebibyte, { subject: 'Large' })
    const email = await deliver(store, raw)
    const again = reopen()
    blobs.break('get')
    expect(again.email(email.id)).toEqual(email)
    expect(email.preview).toContain('All work')
    expect(again.slice(email.id, 0, email.headerSize + 4096)).toEqual(raw.slice(0, email.headerSize + 4096))
    expect([...again.envelopes(email.places[0]!.mailboxId, { from: 1, to: 99 }, ['envelope'])]).toHaveLength(1)
    expect(blobs.calls.get).toBe(0)
  })

  it('a message is inline when its header does not fit a row, or its description', async () => {
    const { store, blobs } = openLarge()
    const long = await deliver(store, sized(400 * kibibyte, { more: `X-Long: ${'y'.repeat(300 * kibibyte)}` }))
    const from = Array.from({ length: 600 }, (_, n) => `"${'N'.repeat(180)}" <user${n}@example.com>`).join(',\r\n ')
    const many = await deliver(store, sized(200 * kibibyte, { from }))
    expect(store.raw(long.id)).toHaveLength(400 * kibibyte)
    expect(store.email(many.id)?.envelope).toBe(many.envelope)
    expect(blobs.calls.put).toBe(0)
  })
})

describe('when a PUT fails', () => {
  it('nothing is stored, and the error says that it may succeed later', async () => {
    const fixture = openLarge()
    const { store, blobs } = fixture
    const { state } = store
    blobs.break('put')
    await expect(deliver(store, sized(mebibyte))).rejects.toMatchObject({ type: 'unavailable' })
    expect(store.state).toBe(state)
    expect(blobs.objects.size).toBe(0)
    await deliver(store, sized(10 * kibibyte))
    blobs.heal()
    await deliver(store, sized(mebibyte))
    expect(blobs.objects.size).toBe(1)
  })

  it('but has stored its object, the object is removed', async () => {
    const { store, blobs } = openLarge()
    blobs.losesAnswers = true
    await expect(deliver(store, sized(mebibyte))).rejects.toMatchObject({ type: 'unavailable' })
    expect(blobs.objects.size).toBe(0)
  })
})

describe('an object whose transaction fails', () => {
  it('is removed at once', async () => {
    const { store, blobs } = openLarge()
    await expect(deliver(store, sized(mebibyte), 99 as never)).rejects.toMatchObject({ type: 'invalidProperties' })
    expect(blobs).toMatchObject({ calls: { put: 1, delete: 1 } })
    expect(blobs.objects.size).toBe(0)
  })

  it('is noted when it cannot be removed, and removed later', async () => {
    const fixture = openLarge()
    const { store, blobs, asked } = fixture
    blobs.break('delete')
    await expect(deliver(store, sized(mebibyte), 99 as never)).rejects.toMatchObject({ type: 'invalidProperties' })
    expect(dropped(fixture)).toEqual([...blobs.objects.keys()])
    expect(asked.count).toBe(1)
    await expect(store.collect()).rejects.toThrow('refuses delete')
    blobs.heal()
    await fixture.reopen().collect()
    expect(blobs.objects.size).toBe(0)
    expect(dropped(fixture)).toEqual([])
  })

  it('is removed when the transaction around it is rolled back after it was written', async () => {
    const { store, blobs, inbox } = openLarge()
    const incoming = store.incoming()
    const raw = await incoming.message(sized(mebibyte))
    const failing = () =>
      store.transaction(() => {
        store.add([{ raw, mailboxIds: [inbox] }])
        throw new Error('no')
      })
    expect(failing).toThrow('no')
    await incoming.settle()
    expect(blobs.objects.size).toBe(0)
    expect(store.counts(inbox).total).toBe(0)
  })

  it('is not put at all when the message would be refused anyway', async () => {
    const { store, blobs } = openLarge({ limits: { maxMessageSize: 2 * mebibyte } })
    store.updateAccount({ quota: mebibyte })
    await expect(deliver(store, sized(mebibyte + 1))).rejects.toMatchObject({ type: 'overQuota' })
    await expect(deliver(store, sized(2 * mebibyte + 1))).rejects.toMatchObject({ type: 'tooLarge' })
    expect(blobs.calls.put).toBe(0)
  })
})

describe('the object of a destroyed message', () => {
  it('goes after the commit, with the last email that shares it', async () => {
    const fixture = openLarge()
    const { store, blobs, inbox, asked } = fixture
    const email = await deliver(store, sized(mebibyte))
    const copy = store.copy(inbox, [email.id], inbox).destination[0]!
    store.destroy([email.id])
    await store.collect()
    expect(blobs.objects.size).toBe(1)
    const before = asked.count
    store.expunge(inbox, [copy])
    expect(dropped(fixture)).toHaveLength(1)
    expect(blobs.objects.size).toBe(1)
    await store.collect()
    expect(asked.count).toBe(before + 1)
    expect(blobs.objects.size).toBe(0)
    expect(dropped(fixture)).toEqual([])
  })

  it('stays when the transaction is rolled back', async () => {
    const fixture = openLarge()
    const { store, blobs } = fixture
    const email = await deliver(store, sized(mebibyte))
    const failing = () =>
      store.transaction(() => {
        store.destroy([email.id])
        throw new Error('no')
      })
    expect(failing).toThrow('no')
    store.createMailbox({ name: 'later' })
    await store.collect()
    expect(dropped(fixture)).toEqual([])
    expect(blobs.objects.size).toBe(1)
    expect(await store.reading(() => store.raw(email.id))).toHaveLength(mebibyte)
  })

  it('is deleted later when deleting fails, in this life or the next', async () => {
    const fixture = openLarge()
    const { store, blobs, inbox } = fixture
    const emails = [await deliver(store, sized(mebibyte)), await deliver(store, sized(mebibyte))]
    blobs.break('delete')
    store.expunge(
      inbox,
      emails.map((email) => email.id),
    )
    await expect(store.collect()).rejects.toThrow('refuses delete')
    expect(dropped(fixture)).toHaveLength(2)
    blobs.heal()
    await fixture.reopen().collect()
    expect(blobs.objects.size).toBe(0)
  })

  it('goes with an upload that expired', async () => {
    const { store, blobs, clock } = openLarge()
    const incoming = store.incoming()
    const upload = store.putUpload(await incoming.upload(sized(mebibyte)), 'a/b')
    await incoming.settle()
    store.createMailbox({ name: 'next number' })
    clock.now = upload.expiresAt
    store.sweep()
    await store.collect()
    expect(blobs.objects.size).toBe(0)
  })
})

/** Another life of the account's object. */
function openLife({ sql, blobs }: LargeFixture): MailStore {
  return reopened({ sql, blobs, random: distinctRandom() })
}

/** A life that ends between the PUT and its transaction. */
async function crash(fixture: LargeFixture): Promise<void> {
  await openLife(fixture).incoming().message(sized(mebibyte))
}

describe('an object that a crash left behind', () => {
  it('is found by the sweep that follows a thousand changes, and nothing else is touched', async () => {
    const fixture = openLarge()
    const { store, blobs, inbox } = fixture
    blobs.pageSize = 2
    const kept = [await deliver(store, sized(mebibyte)), await deliver(store, sized(100 * kibibyte))]
    for (let n = 0; n < 3; n++) await crash(fixture)
    kept.push(await deliver(store, sized(mebibyte)))
    expect(blobs.objects.size).toBe(6)
    const later = store.incoming()
    store.add(Array.from({ length: 1024 }, () => ({ raw: message(), mailboxIds: [inbox] })))
    const underWay = await later.message(sized(mebibyte))
    await store.collect()
    expect(blobs.objects.size).toBe(4)
    for (const { id, size } of kept) expect(await store.reading(() => store.raw(id))).toHaveLength(size)
    const [last] = store.add([{ raw: underWay, mailboxIds: [inbox] }])
    await later.settle()
    expect(await store.reading(() => store.raw(last!.id))).toHaveLength(mebibyte)
  })

  it('is found by the next sweep when one fails', async () => {
    const fixture = openLarge()
    const { store, blobs, inbox } = fixture
    await crash(fixture)
    blobs.break('list')
    store.add(Array.from({ length: 1024 }, () => ({ raw: message(), mailboxIds: [inbox] })))
    await expect(store.collect()).rejects.toThrow('refuses list')
    blobs.heal()
    await store.collect()
    expect(blobs.objects.size).toBe(0)
    const { list } = blobs.calls
    await store.collect()
    expect(blobs.calls.list).toBe(list)
  })

  it('never lends its name to another', async () => {
    const fixture = openLarge()
    await crash(fixture)
    await crash(fixture)
    await deliver(openLife(fixture), sized(mebibyte))
    expect(fixture.blobs.objects.size).toBe(3)
  })
})

describe('reading', () => {
  it('fetches no more than the range asked for', async () => {
    const { store, blobs } = openLarge()
    const email = await deliver(store, sized(5 * mebibyte))
    await store.reading(() => store.slice(email.id, mebibyte, mebibyte + 1000))
    expect(blobs).toMatchObject({ calls: { get: 1 }, octetsRead: 1000 })
    await store.reading(() => store.slice(email.id, 0, email.headerSize + 5000))
    expect(blobs.octetsRead).toBe(1000 + 5000 - 4096)
  })

  it('holds a bounded number of octets at once, however many read, and everybody gets their turn', async () => {
    const { store, blobs } = openLarge({ limits: { maxHeld: 2 * mebibyte } })
    const emails: Email[] = []
    for (let n = 0; n < 6; n++) emails.push(await deliver(store, sized(mebibyte - 1000 + n)))
    let under = 0
    let most = 0
    blobs.before = async (operation) => {
      if (operation !== 'get') return
      most = Math.max(most, ++under)
      await Promise.resolve()
      under--
    }
    const pairs = emails.map((email, n) => [email, emails[(n + 1) % 6]!] as const)
    const sizes = await Promise.all(
      pairs.map(([a, b]) => store.reading(() => store.raw(a.id)!.length + store.raw(b.id)!.length)),
    )
    expect(sizes).toEqual(pairs.map(([a, b]) => a.size + b.size))
    expect(most).toBeLessThanOrEqual(2)
    const large = await deliver(store, sized(5 * mebibyte))
    expect(await store.reading(() => store.raw(large.id))).toHaveLength(5 * mebibyte)
  })

  it('says that it may succeed later when a GET fails, and gives back what it held', async () => {
    const { store, blobs } = openLarge({ limits: { maxHeld: mebibyte } })
    const email = await deliver(store, sized(mebibyte))
    blobs.break('get')
    for (let n = 0; n < 3; n++) {
      await expect(store.reading(() => store.raw(email.id))).rejects.toMatchObject({ type: 'unavailable' })
    }
    await expect(store.reading(() => store.query({ filter: { body: 'jack' } }))).rejects.toMatchObject({
      type: 'unavailable',
    })
    blobs.heal()
    expect(await store.reading(() => store.raw(email.id))).toHaveLength(mebibyte)
  })

  it('never takes a lost or short object for a message', async () => {
    const { store, blobs } = openLarge()
    const email = await deliver(store, sized(mebibyte))
    const [key] = blobs.objects.keys()
    blobs.objects.set(key!, new Uint8Array(1000))
    await expect(store.reading(() => store.raw(email.id))).rejects.toThrow('octets')
    blobs.objects.delete(key!)
    await expect(store.reading(() => store.raw(email.id))).rejects.toThrow('no octets')
  })

  it('finds nothing when the message is destroyed while its octets are fetched', async () => {
    const { store, blobs } = openLarge()
    const email = await deliver(store, sized(mebibyte))
    blobs.before = (operation) => {
      if (operation === 'get' && store.email(email.id) !== undefined) {
        store.destroy([email.id])
        blobs.objects.clear()
      }
    }
    expect(await store.reading(() => store.raw(email.id))).toBeUndefined()
  })

  it('of a whole mailbox asks each message once', async () => {
    const { store, blobs } = openLarge()
    for (let n = 0; n < 100; n++) await deliver(store, sized(70 * kibibyte + n))
    const found = await store.reading(() => store.query({ filter: { body: 'dull' } }))
    expect(found.ids).toHaveLength(100)
    expect(blobs.calls.get).toBe(100)
  })

  it('without the blob store that holds a message says so', async () => {
    const { sql, store } = openLarge()
    const email = await deliver(store, sized(mebibyte))
    const without = reopened({ sql })
    await expect(without.reading(() => without.raw(email.id))).rejects.toMatchObject({ type: 'unavailable' })
    expect(without.slice(email.id, 0, email.headerSize)).toHaveLength(email.headerSize)
  })
})

test('a store without a blob store puts nothing and keeps large messages inline', async () => {
  const { store } = openStore()
  const raw = sized(3 * mebibyte)
  expect(store.incoming().isNeeded).toBe(false)
  const email = await deliver(store, raw)
  expect(Buffer.compare(store.raw(email.id)!, raw)).toBe(0)
})
