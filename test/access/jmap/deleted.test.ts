/**
 * What an IMAP session marks `\Deleted` and what a JMAP client then sees of it.
 */
import { describe, expect, it } from 'vitest'
import { parseEmailId, parseMailboxId } from '../../../src/mailbox/index.ts'
import { Client } from '../imap/harness.ts'
import { simpleMessage, World } from './world.ts'

const reply = simpleMessage.replace('<m1@', '<m2@').replace('\n\n', '\nIn-Reply-To: <m1@example.com>\n\n')

/** One account with a JMAP client and an IMAP session that has selected the inbox. */
async function twoSessions() {
  const world = new World()
  const id = world.deliver(simpleMessage)
  const imap = await new Client(world.store).select()
  const uid = parseEmailId(id) as number
  const inbox = world.mailbox('inbox')
  return {
    world,
    imap,
    id,
    uid,
    inbox,
    archive: world.mailbox('archive'),
    mark: () => imap.command(`UID STORE ${uid} +FLAGS (\\Deleted)`),
    unmark: () => imap.command(`UID STORE ${uid} -FLAGS (\\Deleted)`),
    counts: async (mailbox = inbox): Promise<number[]> => {
      const { list } = await world.call('Mailbox/get', { ids: [mailbox] })
      const { totalEmails, unreadEmails, totalThreads, unreadThreads } = list[0]
      return [totalEmails, unreadEmails, totalThreads, unreadThreads]
    },
    changes: async (type: string, sinceState: string) => {
      const { created, updated, destroyed } = await world.call(`${type}/changes`, { sinceState })
      return { created, updated, destroyed }
    },
    pushed: () => Object.keys(world.jmap.stateChange(world.commits.at(-1) as never)?.changed['a1'] ?? {}).toSorted(),
  }
}

/** The same, with the email in the archive too, and marked in the inbox. */
async function inTwo() {
  const sessions = await twoSessions()
  await sessions.imap.command('COPY 1 Archive')
  await sessions.mark()
  const { world, id } = sessions
  const mailboxes = async () =>
    (await world.call('Email/get', { ids: [id], properties: ['mailboxIds'] })).list[0]?.mailboxIds
  return { ...sessions, mailboxes }
}

const nothing = { created: [], updated: [], destroyed: [] }

describe('a message marked \\Deleted is not visible via JMAP (RFC 8621 §4.1.1)', () => {
  it('is not found by its id, and there again when the mark goes', async () => {
    const { world, id, inbox, mark, unmark } = await twoSessions()
    await mark()
    expect(await world.call('Email/get', { ids: [id] })).toMatchObject({ list: [], notFound: [id] })
    expect((await world.call('Email/set', { update: { [id]: { 'keywords/$seen': true } } })).notUpdated).toEqual({
      [id]: expect.objectContaining({ type: 'notFound' }),
    })
    expect((await world.call('Email/set', { destroy: [id] })).notDestroyed).toEqual({
      [id]: expect.objectContaining({ type: 'notFound' }),
    })
    await unmark()
    const { list } = await world.call('Email/get', { ids: [id], properties: ['mailboxIds', 'keywords'] })
    expect(list).toEqual([{ id, mailboxIds: { [inbox]: true }, keywords: {} }])
  })

  it('is not counted in totalEmails, unreadEmails, totalThreads and unreadThreads, but by IMAP as ever', async () => {
    const { imap, mark, unmark, counts } = await twoSessions()
    const status = 'STATUS INBOX (MESSAGES UNSEEN DELETED)'
    expect(await counts()).toEqual([1, 1, 1, 1])
    await mark()
    expect(await counts()).toEqual([0, 0, 0, 0])
    expect((await imap.command(status))[0]).toBe('* STATUS "INBOX" (MESSAGES 1 UNSEEN 1 DELETED 1)')
    await unmark()
    expect(await counts()).toEqual([1, 1, 1, 1])
    expect((await imap.command(status))[0]).toBe('* STATUS "INBOX" (MESSAGES 1 UNSEEN 1 DELETED 0)')
  })

  it.each([
    ['everything', () => ({})],
    ['its mailbox', (inbox: string) => ({ filter: { inMailbox: inbox } })],
    ['other mailboxes', (_: string, archive: string) => ({ filter: { inMailboxOtherThan: [archive] } })],
    ['a keyword it lacks', () => ({ filter: { notKeyword: '$seen' } })],
    ['its text', () => ({ filter: { text: 'see you' } })],
    ['everything by subject', () => ({ sort: [{ property: 'subject' }] })],
    ['everything by thread', () => ({ collapseThreads: true })],
  ])('is not among the results of a query for %s', async (_, query) => {
    const { world, id, inbox, archive, mark, unmark } = await twoSessions()
    const ask = async () => {
      const { ids, total } = await world.call('Email/query', { ...query(inbox, archive), calculateTotal: true })
      return [ids, total]
    }
    expect(await ask()).toEqual([[id], 1])
    await mark()
    expect(await ask()).toEqual([[], 0])
    await unmark()
    expect(await ask()).toEqual([[id], 1])
  })

  it('counts for no thread condition, and is missing from its thread', async () => {
    const { world, id, mark, unmark } = await twoSessions()
    const answer = world.deliver(reply, { keywords: ['$flagged', '$seen'] })
    const { list } = await world.call('Email/get', { ids: [id], properties: ['threadId'] })
    const { threadId } = list[0]
    const members = async () => (await world.call('Thread/get', { ids: [threadId] })).list[0].emailIds
    const flagged = async () =>
      (await world.call('Email/query', { filter: { allInThreadHaveKeyword: '$flagged' } })).ids
    expect([await members(), await flagged()]).toEqual([[id, answer], []])
    await mark()
    expect([await members(), await flagged()]).toEqual([[answer], [answer]])
    await unmark()
    expect([await members(), await flagged()]).toEqual([[id, answer], []])
  })

  it('is destroyed to /changes when it is marked, created when it is not any more, and pushed (RFC 8620 §5.2, §7.1)', async () => {
    const { world, id, inbox, mark, unmark, changes, pushed } = await twoSessions()
    const thread = (await world.call('Email/get', { ids: [id], properties: ['threadId'] })).list[0].threadId
    const before = world.jmap.eventId
    await mark()
    expect(pushed()).toEqual(['Email', 'Mailbox', 'Thread'])
    expect(await changes('Email', before)).toEqual({ ...nothing, destroyed: [id] })
    expect(await changes('Thread', before)).toEqual({ ...nothing, destroyed: [thread] })
    expect(await changes('Mailbox', before)).toEqual({ ...nothing, updated: [inbox] })
    const marked = world.jmap.eventId
    await unmark()
    expect(pushed()).toEqual(['Email', 'Mailbox', 'Thread'])
    expect(await changes('Email', marked)).toEqual({ ...nothing, created: [id] })
    expect(await changes('Thread', marked)).toEqual({ ...nothing, created: [thread] })
    expect(await changes('Email', before)).toEqual({ ...nothing, updated: [id] })
    expect(await changes('Thread', before)).toEqual({ ...nothing, updated: [thread] })
    expect(world.jmap.stateChangeSince(marked)?.changed['a1']).not.toHaveProperty('EmailDelivery')
  })

  it('leaves the results of a query, and comes back into them (RFC 8620 §5.6)', async () => {
    const { world, id, inbox, mark, unmark } = await twoSessions()
    const filter = { inMailbox: inbox }
    const first = await world.call('Email/query', { filter })
    await mark()
    const gone = await world.call('Email/queryChanges', { filter, sinceQueryState: first.queryState })
    expect(gone).toMatchObject({ removed: [id], added: [] })
    await unmark()
    const back = await world.call('Email/queryChanges', { filter, sinceQueryState: gone.newQueryState })
    expect(back.added).toEqual([{ id, index: 0 }])
  })

  it('changes unseen: keywords that IMAP sets meanwhile are there when it is back', async () => {
    const { world, imap, id, uid, mark, unmark, changes } = await twoSessions()
    await mark()
    const marked = world.jmap.eventId
    await imap.command(`UID STORE ${uid} +FLAGS (\\Seen)`)
    expect(await changes('Email', marked)).toEqual(nothing)
    await unmark()
    expect(await changes('Email', marked)).toEqual({ ...nothing, created: [id] })
    expect((await world.call('Email/get', { ids: [id], properties: ['keywords'] })).list[0].keywords).toEqual({
      $seen: true,
    })
  })

  it('begins its thread anew for JMAP when an answer comes after it was expunged (RFC 8621 §3.2)', async () => {
    const { world, imap, id, mark, changes } = await twoSessions()
    const thread = (await world.call('Email/get', { ids: [id], properties: ['threadId'] })).list[0].threadId
    await mark()
    const marked = world.jmap.eventId
    await imap.command('EXPUNGE')
    world.deliver(reply)
    expect(await changes('Thread', marked)).toEqual({ ...nothing, created: [thread] })
  })

  it('was never there when it is appended so', async () => {
    const { world, imap, changes, counts } = await twoSessions()
    const before = world.jmap.eventId
    const raw = simpleMessage.replace('<m1@', '<m9@').replace('Hello', 'Other').replaceAll('\n', '\r\n')
    await imap.send(`a APPEND INBOX (\\Deleted) {${raw.length}+}\r\n${raw}\r\n`)
    expect(imap.store.view(parseMailboxId(world.mailbox('inbox'))!).length).toBe(2)
    expect(await changes('Email', before)).toEqual(nothing)
    expect(await changes('Thread', before)).toEqual(nothing)
    expect((await counts())[0]).toBe(1)
    await imap.command('STORE 2 -FLAGS (\\Deleted)')
    expect((await changes('Email', before)).created).toHaveLength(1)
    expect((await counts())[0]).toBe(2)
  })

  it('does not keep a mailbox from being destroyed in which JMAP sees nothing (§2.5)', async () => {
    const { world, imap } = await twoSessions()
    const { created } = await world.call('Mailbox/set', { create: { m: { name: 'M' } } })
    await imap.command('COPY 1 M')
    const refused = await world.call('Mailbox/set', { destroy: [created.m.id] })
    expect(refused.notDestroyed[created.m.id].type).toBe('mailboxHasEmail')
    await (await new Client(world.store).select('M')).command('STORE 1 +FLAGS (\\Deleted)')
    expect((await world.call('Mailbox/set', { destroy: [created.m.id] })).destroyed).toEqual([created.m.id])
  })
})

describe('an email marked \\Deleted in one of its mailboxes (RFC 8621 §4.1.1)', () => {
  it('is in the others only', async () => {
    const { world, id, inbox, archive, mailboxes, counts } = await inTwo()
    expect(await mailboxes()).toEqual({ [archive]: true })
    expect([await counts(), await counts(archive)]).toEqual([
      [0, 0, 0, 0],
      [1, 1, 1, 1],
    ])
    expect((await world.call('Email/query', { filter: { inMailbox: inbox } })).ids).toEqual([])
    expect((await world.call('Email/query', {})).ids).toEqual([id])
  })

  it('is updated to /changes, and destroyed when IMAP takes it out of the last one that JMAP saw', async () => {
    const { world, id, archive, unmark, changes } = await inTwo()
    const state = world.jmap.eventId
    await unmark()
    expect(await changes('Email', state)).toEqual({ ...nothing, updated: [id] })
    expect(await changes('Thread', state)).toEqual(nothing)
    const again = await inTwo()
    const before = again.world.jmap.eventId
    again.world.store.expunge(parseMailboxId(archive)!, [...again.world.store.view(parseMailboxId(archive)!).uidList()])
    expect(await again.changes('Email', before)).toEqual({ ...nothing, destroyed: [again.id] })
    await again.unmark()
    expect(await again.changes('Email', before)).toEqual({ ...nothing, updated: [again.id] })
  })

  it('stays marked there, under its UID, whatever JMAP does elsewhere', async () => {
    const { world, id, uid, inbox, mailboxes } = await inTwo()
    const trash = world.mailbox('trash')
    await world.call('Email/set', { update: { [id]: { mailboxIds: { [trash]: true }, 'keywords/$seen': true } } })
    expect(await mailboxes()).toEqual({ [trash]: true })
    expect(world.store.view(parseMailboxId(inbox)!).deletedUids()).toEqual([uid])
  })

  it('loses the mark and keeps its UID when JMAP puts it there: one FETCH to IMAP', async () => {
    const { world, imap, id, uid, inbox, archive, mailboxes } = await inTwo()
    await imap.command('NOOP')
    await world.call('Email/set', { update: { [id]: { [`mailboxIds/${inbox}`]: true } } })
    expect(await mailboxes()).toEqual({ [inbox]: true, [archive]: true })
    expect(await imap.command('NOOP')).toEqual([`* 1 FETCH (UID ${uid} FLAGS ())`, expect.stringMatching(/^a OK/)])
  })

  it('goes from all its mailboxes when JMAP destroys it', async () => {
    const { world, imap, id } = await inTwo()
    expect((await world.call('Email/set', { destroy: [id] })).destroyed).toEqual([id])
    expect(await imap.command('NOOP')).toContain('* 1 EXPUNGE')
  })
})
