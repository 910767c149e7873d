import { describe, expect, it } from 'vitest'
import { World } from './world.ts'

describe('clients that differ from the RFC, met in tests with themselves', () => {
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

  it('aerc 0.20 (go-jmap) takes no status but 200 for an upload', async () => {
    expect(await new World().jmap.upload('a1', new Uint8Array(1), 'text/plain')).toMatchObject({ status: 200 })
  })
})
