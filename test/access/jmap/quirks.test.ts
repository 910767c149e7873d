import { describe, expect, it } from 'vitest'
import { simpleMessage, World } from './world.ts'

describe('clients that differ from the RFC, met in tests with themselves or read in their source', () => {
  it('aerc 0.20 (go-jmap) writes an envelope with "mailfrom"', async () => {
    const world = new World()
    const letter =
      'From: alice@facteur.test\nTo: bob@example.com\nDate: Mon, 23 Nov 2026 12:00:00 +0000\nSubject: Letter\n\nHi.\n'
    const emailId = world.deliver(letter, { role: 'drafts' })
    const { list } = await world.call('Identity/get', { ids: null })
    const submit = (envelope: object) =>
      world.call('EmailSubmission/set', { create: { s: { identityId: list[0].id, emailId, envelope } } })
    const [from, rcptTo] = [{ email: 'alice@facteur.test' }, [{ email: 'bob@example.com' }]]

    expect((await submit({ mailfrom: from, rcptTo })).notCreated ?? {}).toEqual({})
    expect(world.sent.at(-1)?.envelope.reversePath).toBe('alice@facteur.test')
    for (const envelope of [{ mailfrom: from, mailFrom: from, rcptTo }, { MAILFROM: from, rcptTo }, { rcptTo }]) {
      expect((await submit(envelope)).notCreated.s).toMatchObject({ type: 'invalidProperties' })
    }
  })

  it('meli 0.8 submits with "undoStatus": "final", which the server sets', async () => {
    const world = new World()
    const letter = 'From: alice@facteur.test\nTo: b@example.com\nDate: Mon, 23 Nov 2026 12:00:00 +0000\n\nHi.\n'
    const emailId = world.deliver(letter, { role: 'drafts' })
    const { list } = await world.call('Identity/get', { ids: null })
    const submit = (undoStatus: string) =>
      world.call('EmailSubmission/set', {
        create: { s: { identityId: list[0].id, emailId, envelope: null, undoStatus } },
      })
    expect((await submit('final')).created.s.undoStatus).toBe('final')
    expect(world.sent).toHaveLength(1)
    expect((await submit('canceled')).notCreated.s).toMatchObject({ properties: ['undoStatus'] })
    expect(world.sent).toHaveLength(1)
  })

  it('meli 0.8 writes null for the default collation', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage)
    const query = (collation: unknown) => world.call('Email/query', { sort: [{ property: 'subject', collation }] })
    expect((await query(null)).ids).toEqual([id])
    await expect(query(1)).rejects.toThrow('invalidArguments')
  })

  it('Bulwark marks as unread and takes stars away with false', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage, { keywords: ['$seen', '$flagged', 'work'] })
    const patch = { 'keywords/$SEEN': false, 'keywords/$flagged': false, 'keywords/absent': false }
    expect((await world.call('Email/set', { update: { [id]: patch } })).updated).toEqual({ [id]: null })
    const { list } = await world.call('Email/get', { ids: [id], properties: ['keywords'] })
    expect(list[0].keywords).toEqual({ work: true })
    // Only there: a mailbox or a whole set of keywords is as the RFC has it.
    for (const wrong of [{ 'mailboxIds/B1': false }, { keywords: { work: false } }]) {
      expect((await world.call('Email/set', { update: { [id]: wrong } })).notUpdated[id].type).toBe('invalidProperties')
    }
  })

  it('Bulwark creates an identity with null for what is empty', async () => {
    const world = new World()
    const empty = { replyTo: null, bcc: null, textSignature: null, htmlSignature: null }
    const create = (more: object) =>
      world.call('Identity/set', { create: { i: { name: 'Alice', email: 'alice@facteur.test', ...empty, ...more } } })
    const { created } = await create({})
    expect(created.i).toMatchObject({ textSignature: '', htmlSignature: '' })
    const { list } = await world.call('Identity/get', { ids: [created.i.id] })
    expect(list).toMatchObject([{ name: 'Alice', replyTo: null, textSignature: '', htmlSignature: '' }])
    expect((await create({ email: null, colour: null })).notCreated.i).toMatchObject({ type: 'invalidProperties' })
  })

  it('aerc 0.20 (go-jmap) takes no status but 200 for an upload', async () => {
    expect(await new World().jmap.upload('a1', new Uint8Array(1), 'text/plain')).toMatchObject({ status: 200 })
  })
})
