import { describe, expect, it } from 'vitest'
import { simpleMessage, World, type Answer } from '../../access/jmap/world.ts'

async function one(world: World, id: string, args: Record<string, unknown>): Promise<Answer> {
  const { list } = await world.call('Email/get', { ids: [id], ...args })
  return list[0]
}

describe('Thread/get and Thread/changes (RFC 8621 §3)', () => {
  it('lists the emails of a thread by arrival', async () => {
    const world = new World()
    const reply = simpleMessage
      .replace('Subject: ', 'Subject: Re: ')
      .replace('<m1@', '<m2@')
      .replace('\n\n', '\nIn-Reply-To: <m1@example.com>\n\n')
    const late = world.deliver(simpleMessage, { receivedAt: 2000 })
    const early = world.deliver(reply, { receivedAt: 1000 })
    const { state } = await world.call('Thread/get', { ids: [] })
    const other = world.deliver('From: c@example.com\nSubject: Other\n\nx\n')
    const { threadId } = await one(world, late, { properties: ['threadId'] })
    expect(await world.call('Thread/get', { ids: [threadId, 'T999'] })).toMatchObject({
      list: [{ id: threadId, emailIds: [early, late] }],
      notFound: ['T999'],
    })
    await world.call('Email/set', { destroy: [early] })
    const changes = await world.call('Thread/changes', { sinceState: state })
    expect(changes).toMatchObject({ updated: [threadId], destroyed: [] })
    expect(changes.created).toEqual([(await one(world, other, { properties: ['threadId'] })).threadId])
  })
})
