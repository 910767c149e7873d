import { describe, expect, it } from 'vitest'
import { mergedChange } from '../../../src/access/jmap/push-subscription/shared-news.ts'
import type { StateChange } from '../../../src/protocol/jmap/index.ts'
import { example, PushWorld } from './push-world.ts'
import { simpleMessage } from './world.ts'

const change = (account: string, states: Record<string, string>): StateChange => ({
  '@type': 'StateChange',
  changed: { [account]: states },
})

describe('pushes of what others share (RFC 8620 §7.1, RFC 9670 §1.4)', () => {
  it('tell the types asked for, several accounts in one', async () => {
    const world = new PushWorld()
    await world.verified({ ...example, types: ['Email', 'EmailDelivery'] })
    world.posts.length = 0
    world.deliver(simpleMessage)
    world.pusher.notifyShared(change('b1', { Email: '7', Mailbox: '7' }))
    world.pusher.notifyShared(change('b2', { Email: '3', EmailDelivery: '3' }))
    world.pusher.notifyShared(change('b1', { Email: '8', Thread: '8' }))
    await world.settle()
    expect(world.posts.map(({ body }) => body['changed'])).toEqual([
      {
        a1: { Email: world.jmap.eventId, EmailDelivery: world.jmap.eventId },
        b1: { Email: '8' },
        b2: { Email: '3', EmailDelivery: '3' },
      },
    ])
    expect(world.posts[0]?.urgency).toBe('normal')
  })

  it('come alone when nothing of the own account changed, and are urgent for new mail only', async () => {
    const world = new PushWorld()
    await world.verified()
    world.posts.length = 0
    world.pusher.notifyShared(change('b1', { Mailbox: '7' }))
    await world.settle()
    expect(world.posts).toMatchObject([{ body: change('b1', { Mailbox: '7' }), urgency: 'low' }])
  })

  it('are tried again with what came since, while the push service fails', async () => {
    const world = new PushWorld()
    await world.verified()
    world.posts.length = 0
    world.outcome = { status: 'failed' }
    world.pusher.notifyShared(change('b1', { Email: '7', Mailbox: '7' }))
    await world.settle(1000)
    world.pusher.notifyShared(change('b1', { Email: '9' }))
    world.outcome = { status: 'accepted' }
    await world.settle()
    expect(world.posts.at(-1)?.body).toEqual(change('b1', { Email: '9', Mailbox: '7' }))
    await world.settle()
    expect(world.posts).toHaveLength(2)
  })

  it('cost nothing without a subscription that wants them, and end with the process', async () => {
    const world = new PushWorld()
    world.pusher.notifyShared(change('b1', { Email: '7' }))
    expect(world.wakeups).toEqual([])
    await world.verified({ ...example, types: ['Mailbox'] })
    world.wakeups.length = 0
    world.pusher.notifyShared(change('b1', { Email: '7' }))
    expect(world.wakeups).toEqual([])
    world.pusher.notifyShared(change('b1', { Mailbox: '7' }))
    world.restart()
    world.posts.length = 0
    await world.settle()
    expect(world.posts).toEqual([])
  })

  it('name the later state of each type', () => {
    const merged = mergedChange(change('b1', { Email: '1', Thread: '1' }), change('b1', { Email: '2' }))
    expect(merged).toEqual(change('b1', { Email: '2', Thread: '1' }))
  })
})
