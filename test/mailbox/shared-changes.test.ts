import { describe, expect, test } from 'vitest'
import { MemoryBlobStore } from '../../src/host/memory/blob-store.ts'
import { allRights, type MailStore, type SharedMail } from '../../src/mailbox/index.ts'
import { countingSql, message, newEmail } from './fixture.ts'
import { deliver, distinctRandom, sized } from './large.ts'
import { attempt, open, rights } from './shared-world.ts'

const noSummary = {
  inReplyTo: [],
  references: [],
  subject: '',
  baseSubject: '',
  from: [],
  envelope: '',
  bodyStructure: '',
  parts: '',
  preview: '',
  hasAttachment: false,
  crlfSize: 1,
  headerSize: 0,
}

describe('uploads belong to whoever made them', () => {
  const bytes = new TextEncoder().encode('upload')

  test('a guest reads its own, not the owner’s nor other guests’, and nobody reads the guest’s', () => {
    const { store, mail, team } = open('lri')
    store.grants.set(team, 'carol', rights('li'))
    const carol = store.sharedWith('carol') as SharedMail
    const makers: [string, Pick<MailStore, 'putUpload' | 'blob' | 'extent'>][] = [
      ['owner', store],
      ['bob', mail],
      ['carol', carol],
    ]
    for (const [maker, from] of makers) {
      const { blob } = from.putUpload(bytes, 'text/plain')
      for (const [reader, to] of makers) {
        const isOwn = maker === reader
        expect(to.blob({ kind: 'upload', blob }) !== undefined, `${reader} reads what ${maker} put`).toBe(isOwn)
        expect(to.extent({ kind: 'upload', blob }) !== undefined).toBe(isOwn)
        expect(to.blob({ kind: 'message', blob })).toBeUndefined()
      }
    }
  })

  test('need a mailbox to put mail into', () => {
    const { store, mail, team, other } = open('lr')
    store.grants.set(other, 'bob', rights('lr'))
    const { state } = store
    expect(attempt(() => mail.putUpload(bytes, 'text/plain'))).toBe('forbidden')
    expect(store.state).toBe(state)
    store.grants.set(team, 'bob', rights('i'))
    expect(attempt(() => mail.putUpload(bytes, 'text/plain'))).toBe('forbidden')
    store.grants.set(team, 'bob', rights('li'))
    expect(attempt(() => mail.putUpload(bytes, 'text/plain'))).toBeUndefined()
  })

  test('of guests take none of the owner’s room', () => {
    const { store, mail } = open('li', { limits: { maxUploadTotal: 10 } })
    const { blob } = store.putUpload(bytes, 'text/plain')
    for (let n = 0; n < 3; n++) attempt(() => mail.putUpload(bytes, 'text/plain'))
    expect(store.blob({ kind: 'upload', blob })?.bytes).toEqual(bytes)
    expect(attempt(() => store.putUpload(bytes.subarray(2), 'text/plain'))).toBeUndefined()
    expect(store.blob({ kind: 'upload', blob })).toBeDefined()
  })

  test('expire, and leave nothing', () => {
    const { store, mail, sql, clock } = open('li')
    mail.putUpload(bytes, 'text/plain')
    store.add([newEmail(store.mailboxes()[0]!.id)])
    clock.now += store.limits.uploadLifetime
    store.sweep()
    expect(sql.exec('SELECT count(*) AS n FROM guest_upload').one().n).toBe(0)
    expect(sql.exec('SELECT count(*) AS n FROM blob WHERE expires IS NOT NULL').one().n).toBe(0)
  })
})

describe('the owner’s quota', () => {
  test('holds for guests, who see it when they can use it', () => {
    const { store, mail, team, other } = open('lr')
    store.updateAccount({ quota: store.quota().used + 10 })
    expect(attempt(() => mail.add([newEmail(other)]))).toBe('overQuota')
    expect(attempt(() => mail.putUpload(new Uint8Array(11), 'text/plain'))).toBe('overQuota')
    expect(mail.quota()).toEqual(store.quota())
    store.grants.set(other, 'bob', rights('lr'))
    const { state } = store
    expect(mail.quota()).toEqual({ used: 0, count: 0, limit: undefined })
    store.add([{ raw: new Uint8Array(1), mailboxIds: [team] }])
    expect(mail.changes('Quota', state)).toMatchObject({ updated: [] })
    store.grants.set(other, 'bob', rights('li'))
    const since = store.state
    store.add([{ raw: new Uint8Array(1), mailboxIds: [team] }])
    expect(mail.changes('Quota', since)).toMatchObject({ updated: [1], onlyCounts: true })
  })
})

describe('changes (RFC 8620 §5.2)', () => {
  test('of mail that is not seen are not told, nor its ids', () => {
    const { store, mail, inbox, hidden } = open('lr')
    const { state } = store
    store.add([newEmail(inbox)])
    store.setFlags(inbox, [hidden], { add: ['$seen'] })
    store.destroy([hidden])
    store.createMailbox({ name: 'Mine' })
    for (const type of ['Email', 'Thread', 'Mailbox'] as const) {
      expect(mail.changes(type, state), type).toEqual({
        created: [],
        updated: [],
        destroyed: [],
        newState: store.state,
        hasMoreChanges: false,
        onlyCounts: false,
      })
    }
  })

  test('what comes into sight is created, what goes out of it destroyed', () => {
    const { store, mail, inbox, team, hidden, shared } = open('lr')
    const { state } = store
    store.move(inbox, [hidden], team)
    store.move(team, [shared], inbox)
    expect(mail.changes('Email', state)).toMatchObject({ created: [hidden], updated: [], destroyed: [shared] })
    const threads = store.emails([hidden, shared]).map(({ threadId }) => threadId)
    expect(mail.changes('Thread', state)).toMatchObject({ created: [threads[0]], updated: [], destroyed: [threads[1]] })
    expect(mail.changes('Mailbox', state)).toMatchObject({ updated: [team], onlyCounts: true })
  })

  test('a mailbox that goes takes its emails along', () => {
    const { store, mail, team, inner, shared, both } = open('lr')
    store.destroyMailbox(inner)
    const { state } = store
    store.destroyMailbox(team, { removeEmails: true })
    expect(mail.changes('Mailbox', state)).toMatchObject({ created: [], destroyed: [team] })
    expect(mail.changes('Email', state)?.destroyed.toSorted((a, b) => a - b)).toEqual([shared, both])
  })

  test('of types that are the owner’s own are not told at all', () => {
    const { store, mail } = open('lr')
    for (const type of ['Identity', 'EmailSubmission', 'VacationResponse'] as const) {
      expect(mail.changes(type, store.state)).toBeUndefined()
    }
  })

  test('come in steps, like the owner’s', () => {
    const { store, mail, team, inbox } = open('lr')
    const { state } = store
    const ids = store
      .add(Array.from({ length: 9 }, (_, index) => newEmail(index % 3 === 0 ? team : inbox)))
      .map(({ id }) => id)
    const first = mail.changes('Email', state, 2)
    expect(first).toMatchObject({ created: [ids[0], ids[3]], hasMoreChanges: true })
    expect(mail.changes('Email', first!.newState, 2)).toMatchObject({ created: [ids[6]], hasMoreChanges: false })
  })

  test('of very many emails at once are split over rows and told whole', () => {
    const { store, mail, team, box } = open('lr')
    const archive = box('archive')
    const total = 100_500
    const raw = new Uint8Array(1)
    for (let n = 0; n < total; n += 500) {
      store.add(Array.from({ length: 500 }, () => ({ raw, mailboxIds: [team], summary: noSummary })))
    }
    const all = new Set(mail.query({ filter: { inMailbox: team } }).ids)
    const before = store.state
    store.move(team, [...store.view(team).uidList()], archive)
    expect(new Set(mail.changes('Email', before)?.destroyed)).toEqual(all)
    expect(mail.changes('Thread', before)?.destroyed).toHaveLength(all.size)
    const moved = store.state
    store.move(archive, [...store.view(archive).uidList()], team)
    expect(new Set(mail.changes('Email', moved)?.created)).toEqual(all)
    expect(mail.changes('Email', before)).toMatchObject({ destroyed: [] })
    const back = store.state
    store.destroy([...all])
    expect(mail.changes('Email', back)?.destroyed).toHaveLength(all.size)
    expect(mail.changes('Thread', back)?.destroyed).toHaveLength(all.size)
    expect(mail.changes('Thread', moved)?.destroyed).toEqual([])
  }, 60_000)

  test('a commit concerns those who see something of it', () => {
    const { store, mail, team, inbox, inner } = open('lr')
    const concerned: boolean[] = []
    store.onCommit((commit) => concerned.push(mail.isConcerned(commit)))
    store.add([newEmail(inbox)])
    store.add([newEmail(team)])
    store.updateMailbox(team, { name: 'Crew' })
    store.createMailbox({ name: 'Mine' })
    store.createIdentity({ email: 'a@facteur.test' })
    store.grants.set(inner, 'carol', rights('lr'))
    store.grants.set(inner, 'bob', rights('lr'))
    store.destroyMailbox(inner)
    expect(concerned).toEqual([false, true, true, false, false, false, true, true])
  })
})

function rowsOf(isGuest: boolean): number[] {
  const counting = countingSql()
  const { store, mail, other, inbox, beside } = open(allRights, { sql: counting.sql })
  store.grants.set(inbox, 'bob', allRights)
  const by = isGuest ? mail : store
  return [
    counting.written(() => by.add([newEmail(other, { id: 'a@x' })])),
    counting.written(() => by.update([{ id: beside, keywords: { add: ['$seen'] } }])),
    counting.written(() => by.update([{ id: beside, mailboxIds: { replace: [inbox] } }])),
    counting.written(() => by.destroy([beside])),
  ]
}

describe('what it costs', () => {
  test('a change by a guest writes the rows of the same change by the owner', () => {
    expect(rowsOf(true)[0]).toBe(4)
    expect(rowsOf(true)).toEqual(rowsOf(false))
  })

  test('reading as a guest writes nothing', () => {
    const counting = countingSql()
    const { mail, team, shared } = open('lr', { sql: counting.sql })
    const read = () => {
      mail.mailboxes()
      mail.counts(team)
      mail.emails([shared])
      mail.query({ filter: { inMailbox: team } })
      mail.query({})
    }
    expect(counting.written(read)).toBe(0)
  })
})

test('octets in the blob store are fetched for a guest too, its own uploads and what it may read', async () => {
  const blobs = new MemoryBlobStore()
  const { store, mail, team, inbox } = open('lri', { blobs, random: distinctRandom() })
  const raw = sized(200_000)
  const shown = await deliver(store, raw, team)
  const hidden = await deliver(store, sized(200_000), inbox)
  expect(blobs.objects.size).toBe(2)
  expect(await mail.reading(() => mail.raw(shown.id))).toEqual(raw)
  expect(await mail.reading(() => mail.blob({ kind: 'message', blob: shown.blob })?.bytes)).toEqual(raw)
  expect(await mail.reading(() => mail.blob({ kind: 'message', blob: hidden.blob }))).toBeUndefined()
  const incoming = mail.incoming()
  const upload = mail.putUpload(await incoming.upload(raw), 'message/rfc822')
  await incoming.settle()
  expect(await mail.reading(() => mail.blob({ kind: 'upload', blob: upload.blob })?.bytes)).toEqual(raw)
  expect(await store.reading(() => store.blob({ kind: 'upload', blob: upload.blob }))).toBeUndefined()
})

test('message octets are those of the owner', () => {
  const { store, mail, team } = open('lr')
  const raw = message({ subject: 'Octets' })
  const [email] = store.add([{ raw, mailboxIds: [team] }])
  expect(mail.raw(email!.id)).toEqual(raw)
  expect(mail.slice(email!.id, 1, 5)).toEqual(raw.slice(1, 5))
  const extent = mail.extent({ kind: 'message', blob: email!.blob })
  expect(mail.octets(extent!, 0, raw.length)).toEqual(raw)
})
