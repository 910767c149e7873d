import { describe, expect, it } from 'vitest'
import { simpleMessage, World, type Answer } from '../../access/jmap/world.ts'

async function one(world: World, id: string, args: Record<string, unknown>): Promise<Answer> {
  const { list } = await world.call('Email/get', { ids: [id], ...args })
  return list[0]
}

describe('Email/get metadata (RFC 8621 §4.1.1)', () => {
  it('gives the default properties', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage, { keywords: ['$Seen', 'Custom'] })
    expect(await one(world, id, {})).toEqual({
      id,
      blobId: expect.stringMatching(/^G\d+$/),
      threadId: expect.stringMatching(/^T\d+$/),
      mailboxIds: { [world.mailbox('inbox')]: true },
      keywords: { $seen: true, custom: true },
      size: expect.any(Number),
      receivedAt: '2026-11-23T12:00:00Z',
      messageId: ['m1@example.com'],
      inReplyTo: null,
      references: null,
      sender: null,
      from: [{ name: 'Bob', email: 'bob@example.com' }],
      to: [{ name: null, email: 'alice@facteur.test' }],
      cc: null,
      bcc: null,
      replyTo: null,
      subject: 'Hello',
      sentAt: '2026-11-23T10:00:00+01:00',
      hasAttachment: false,
      preview: 'Hi Alice, see you.',
      bodyValues: {},
      textBody: [expect.objectContaining({ partId: '0', type: 'text/plain', charset: 'us-ascii' })],
      htmlBody: [expect.objectContaining({ partId: '0' })],
      attachments: [],
    })
    expect(world.faults).toEqual([])
  })

  it('keeps the order of ids and reports each missing one once', async () => {
    const world = new World()
    const [a, b] = [world.deliver(simpleMessage), world.deliver(simpleMessage)]
    const { list, notFound } = await world.call('Email/get', { ids: [b, 'M999', a, b, 'x'], properties: ['id'] })
    expect(list).toEqual([{ id: b }, { id: a }])
    expect(notFound.toSorted()).toEqual(['M999', 'x'])
  })

  it('refuses to give all emails at once (RFC 8620 §5.1)', async () => {
    expect((await new World().refusal('Email/get', { ids: null })).type).toBe('requestTooLarge')
  })
})

describe('Email/changes (RFC 8621 §4.3)', () => {
  it('goes in steps of maxChanges until nothing is left', async () => {
    const world = new World()
    let { state } = await world.call('Email/get', { ids: [] })
    const ids = Array.from({ length: 7 }, (_, n) => world.deliver(simpleMessage.replace('m1', `s${n}`)))
    const created: string[] = []
    for (let more = true; more;) {
      const step = await world.call('Email/changes', { sinceState: state, maxChanges: 3 })
      expect(step.created.length).toBeLessThanOrEqual(3)
      created.push(...step.created)
      state = step.newState
      more = step.hasMoreChanges
    }
    expect(created).toEqual(ids)
  })
})
