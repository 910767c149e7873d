import { describe, expect, it } from 'vitest'
import { type Answer, simpleMessage } from '../../access/jmap/world.ts'
import { example, PushWorld } from '../../access/jmap/push-world.ts'

const day = 86_400_000

describe('PushSubscription/set create (RFC 8620 §7.2.2)', () => {
  it('answers with the id and what the client did not say, and takes no account or state', async () => {
    const world = new PushWorld()
    const answer = await world.call('PushSubscription/set', { create: { '4f29': example } })
    expect(answer).toEqual({
      created: {
        '4f29': {
          id: expect.stringMatching(/^P[\w-]+$/),
          keys: null,
          verificationCode: null,
          expires: new Date(world.now + 30 * day).toISOString().replace('.000', ''),
        },
      },
      updated: null,
      destroyed: null,
      notCreated: null,
      notUpdated: null,
      notDestroyed: null,
    })
  })

  it.each([{ accountId: 'a1' }, { ifInState: '1' }, { sinceState: '1' }])(
    'refuses the argument %j',
    async (argument) => {
      const world = new PushWorld()
      expect((await world.error('PushSubscription/set', argument)).type).toBe('invalidArguments')
      expect((await world.error('PushSubscription/get', argument)).type).toBe('invalidArguments')
    },
  )

  it.each([
    ['no url', { deviceClientId: 'd' }, ['url']],
    ['no device', { url: example.url }, ['deviceClientId']],
    ['plain http', { ...example, url: 'http://push.example.com/' }, ['url']],
    ['no url at all', { ...example, url: 'https://' }, ['url']],
    ['a url with credentials', { ...example, url: 'https://a:b@push.example.com/' }, ['url']],
    ['a url without end', { ...example, url: `https://push.example.com/${'x'.repeat(2048)}` }, ['url']],
    ['a code of its own', { ...example, verificationCode: 'x' }, ['verificationCode']],
    ['a past expiry', { ...example, expires: '2020-01-01T00:00:00Z' }, ['expires']],
    ['an expiry that is no UTCDate', { ...example, expires: '2030-01-01T00:00:00+01:00' }, ['expires']],
    ['types that are none', { ...example, types: 'Email' }, ['types']],
    ['half a pair of keys', { ...example, keys: { p256dh: 'AAAA' } }, ['keys']],
    ['keys that the service refuses', { ...example, keys: { p256dh: 'bad', auth: 'AAAA' } }, ['keys']],
    ['a property nobody knows', { ...example, urgency: 'high' }, ['urgency']],
    ['an id', { ...example, id: 'P1' }, ['id']],
  ])('invalidProperties: %s', async (_, subscription, properties) => {
    const world = new PushWorld()
    const answer = await world.call('PushSubscription/set', { create: { s: subscription } })
    expect(answer.notCreated.s).toMatchObject({ type: 'invalidProperties', properties })
    await world.settle()
    expect(world.posts).toEqual([])
  })

  it.each([
    'localhost',
    'push.localhost',
    'intranet',
    'printer.local',
    'db.internal',
    '127.0.0.1',
    '0x7f.1',
    '2130706433',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '172.31.0.1',
    '192.168.1.1',
    '0.0.0.0',
    '[::1]',
    '[::]',
    '[::ffff:10.0.0.1]',
    '[64:ff9b::a00:1]',
    '[2002:a00:1::]',
    '[fd00::1]',
    '[fe80::1]',
    '[ff02::1]',
  ])('does not let itself be sent to https://%s (§8.6)', async (host) => {
    const create = { s: { ...example, url: `https://${host}:8443/push` } }
    const world = new PushWorld()
    expect((await world.call('PushSubscription/set', { create })).notCreated.s.properties).toEqual(['url'])
    const own = new PushWorld()
    own.allowsPrivateUrls = true
    expect((await own.call('PushSubscription/set', { create })).created.s.id).toBeDefined()
  })

  it('rateLimit: twenty at once, then one each three minutes (§8.6)', async () => {
    const world = new PushWorld()
    for (let made = 0; made < 20; made++) {
      const id = await world.subscribe()
      await world.call('PushSubscription/set', { destroy: [id] })
    }
    const create = { s: example }
    expect((await world.call('PushSubscription/set', { create })).notCreated.s.type).toBe('rateLimit')
    world.restart()
    expect((await world.call('PushSubscription/set', { create })).notCreated.s.type).toBe('rateLimit')
    world.now += 180_000
    expect((await world.call('PushSubscription/set', { create })).notCreated).toBeNull()
  })

  it('overQuota: fifty of one account (§8.6)', async () => {
    const world = new PushWorld()
    for (let made = 0; made < 50; made++) {
      world.now += 180_000
      await world.subscribe()
    }
    world.now += 180_000
    expect((await world.call('PushSubscription/set', { create: { s: example } })).notCreated.s.type).toBe('overQuota')
  })
})

describe('expires (RFC 8620 §7.2)', () => {
  it('is shortened to thirty days, on creation and on update, and the client is told', async () => {
    const world = new PushWorld()
    const far = new Date(world.now + 90 * day).toISOString().replace('.000', '')
    const most = new Date(world.now + 30 * day).toISOString().replace('.000', '')
    const near = new Date(world.now + 3 * day).toISOString().replace('.000', '')
    const answer = await world.call('PushSubscription/set', {
      create: { far: { ...example, expires: far }, near: { ...example, expires: near } },
    })
    expect(answer.created.far.expires).toBe(most)
    expect(answer.created.near).not.toHaveProperty('expires')
    const update = async (expires: string | null) =>
      (await world.call('PushSubscription/set', { update: { [answer.created.near.id]: { expires } } })).updated
    expect(await update(far)).toEqual({ [answer.created.near.id]: { expires: most } })
    expect(await update(near)).toEqual({ [answer.created.near.id]: null })
    expect(await update(null)).toEqual({ [answer.created.near.id]: { expires: most } })
  })

  it('ends the subscription: not shown, not pushed to, removed', async () => {
    const world = new PushWorld()
    const id = await world.verified()
    world.now += 31 * day
    expect((await world.call('PushSubscription/get', {})).list).toEqual([])
    world.deliver(simpleMessage)
    await world.settle()
    expect(world.posts).toHaveLength(1)
    expect(world.store.pushSubscriptions.get(id)).toBeUndefined()
  })
})

describe('PushSubscription/get (RFC 8620 §7.2.1)', () => {
  it('returns neither state nor account, and never url and keys', async () => {
    const world = new PushWorld()
    const id = await world.subscribe({ ...example, keys: { p256dh: 'AAAA', auth: 'BBBB' }, types: ['Email'] })
    expect(await world.call('PushSubscription/get', { ids: [id, 'P0', '#none'] })).toEqual({
      list: [
        {
          id,
          deviceClientId: 'a889-ffea-910',
          verificationCode: null,
          expires: expect.any(String),
          types: ['Email'],
        },
      ],
      notFound: ['#none', 'P0'],
    })
    for (const secret of ['url', 'keys']) {
      expect((await world.error('PushSubscription/get', { properties: ['id', secret] })).type).toBe('forbidden')
    }
    expect((await world.error('PushSubscription/get', { properties: ['nothing'] })).type).toBe('invalidArguments')
  })

  it('shows, changes and destroys only what the same credentials have made', async () => {
    const world = new PushWorld()
    const id = await world.subscribe()
    const other = await world.store.credentials.issue('token', 'other')
    world.credential = other.credential.id
    expect((await world.call('PushSubscription/get', { ids: null })).list).toEqual([])
    expect((await world.call('PushSubscription/get', { ids: [id] })).notFound).toEqual([id])
    const answer = await world.call('PushSubscription/set', { update: { [id]: { types: null } }, destroy: [] })
    expect(answer.notUpdated[id].type).toBe('notFound')
    expect((await world.call('PushSubscription/set', { destroy: [id] })).notDestroyed[id].type).toBe('notFound')
  })

  it('ends with the credentials that made it (§7.2)', async () => {
    const world = new PushWorld()
    const { credential } = await world.store.credentials.issue('token', 'phone')
    world.credential = (await world.store.credentials.issue('token', 'laptop')).credential.id
    const kept = await world.verified()
    world.credential = credential.id
    const gone = await world.verified()
    world.store.credentials.revoke(credential.id)
    expect(world.store.pushSubscriptions.all().map((each) => each.id)).toEqual([kept])
    expect(world.store.pushSubscriptions.get(gone)).toBeUndefined()
    world.restart()
    expect(world.store.pushSubscriptions.all()).toHaveLength(1)
  })
})

describe('verification (RFC 8620 §7.2.2)', () => {
  it('posts a PushVerification at once, and nothing else until its code came back', async () => {
    const world = new PushWorld()
    const id = await world.subscribe()
    await world.settle()
    expect(world.posts).toEqual([
      expect.objectContaining({
        url: example.url,
        body: { '@type': 'PushVerification', pushSubscriptionId: id, verificationCode: expect.any(String) },
      }),
    ])
    world.deliver(simpleMessage)
    await world.settle(day)
    expect(world.posts).toHaveLength(1)
    const update = (code: unknown) =>
      world.call('PushSubscription/set', { update: { [id]: { verificationCode: code } } })
    expect((await update('guess')).notUpdated[id]).toMatchObject({
      type: 'invalidProperties',
      properties: ['verificationCode'],
    })
    expect((await update(7)).notUpdated[id].type).toBe('invalidProperties')
    expect((await update(null)).updated).toEqual({ [id]: null })
    const code = world.posts[0]?.body['verificationCode'] as string
    expect((await update(code)).updated).toEqual({ [id]: null })
    expect((await world.call('PushSubscription/get', {})).list[0].verificationCode).toBe(code)
    expect((await update(code)).updated).toEqual({ [id]: null })
    expect((await update(null)).notUpdated[id].type).toBe('invalidProperties')
    await world.settle()
    expect(Object.keys(changed(world.posts[1]?.body))).toContain('EmailDelivery')
  })

  it('changes types and expires, and nothing that is immutable', async () => {
    const world = new PushWorld()
    const id = await world.subscribe()
    const update = async (patch: object) => await world.call('PushSubscription/set', { update: { [id]: patch } })
    expect((await update({ types: ['Email'] })).updated).toEqual({ [id]: null })
    expect((await update({ url: example.url, deviceClientId: example.deviceClientId })).updated).toEqual({ [id]: null })
    for (const patch of [
      { url: 'https://other.example.com/' },
      { deviceClientId: 'x' },
      { keys: { p256dh: 'A', auth: 'B' } },
    ]) {
      expect((await update(patch)).notUpdated[id]).toMatchObject({
        type: 'invalidProperties',
        properties: Object.keys(patch),
      })
    }
  })

  it('tries again a few times when the service fails, then forgets the subscription (§8.6)', async () => {
    const world = new PushWorld()
    world.outcome = { status: 'failed' }
    const id = await world.subscribe()
    await world.settle(day)
    expect(world.posts.map((post) => post.body['@type'])).toEqual(Array.from({ length: 4 }, () => 'PushVerification'))
    expect(world.store.pushSubscriptions.get(id)).toBeUndefined()
  })
})

describe('pushes (RFC 8620 §7.1, §7.2)', () => {
  it('tells the changed types, and no others than were asked for', async () => {
    const world = new PushWorld()
    await world.verified({ ...example, types: ['Mailbox', 'Nonsense'] })
    await world.verified()
    world.deliver(simpleMessage)
    await world.settle()
    const [few, all] = world.posts.slice(2)
    expect(changed(few?.body)).toEqual({ Mailbox: world.jmap.eventId })
    expect(Object.keys(changed(all?.body))).toEqual(['Email', 'EmailDelivery', 'Mailbox', 'Thread'])
    expect([few?.urgency, all?.urgency]).toEqual(['low', 'normal'])
  })

  it('writes nothing for a delivery when nobody has subscribed', () => {
    const world = new PushWorld()
    world.deliver(simpleMessage)
    expect(world.wakeups).toEqual([])
  })

  it('makes one push of what changes while one is under way, and of a burst in the pause after it', async () => {
    const world = new PushWorld()
    await world.verified()
    world.posts.length = 0
    const release = world.hold()
    world.deliver(simpleMessage)
    const running = world.settle()
    await world.posted(1)
    for (let more = 0; more < 5; more++) world.deliver(simpleMessage)
    release()
    await running
    expect(world.posts).toHaveLength(2)
    expect(changed(world.posts[1]?.body)['Email']).toBe(world.jmap.eventId)
    expect((world.times[1] as number) - (world.times[0] as number)).toBeGreaterThanOrEqual(5000)
  })

  it('keeps nothing in memory of subscriptions that are gone or pauses that are over', async () => {
    const world = new PushWorld()
    for (let device = 0; device < 20; device++) {
      const id = await world.verified({ ...example, deviceClientId: `d${device}` })
      world.deliver(simpleMessage)
      if (device % 2 === 0) await world.settle() // else it goes while there is something to tell it
      await world.call('PushSubscription/set', { destroy: [id] })
    }
    expect(world.pusher.held).toBeLessThanOrEqual(4)
    world.now += 60_000
    await world.pusher.run()
    expect(world.pusher.held).toBe(0)
  })

  it('is told again after a crash in the middle of a push', async () => {
    const world = new PushWorld()
    await world.verified()
    world.posts.length = 0
    world.hold()
    world.deliver(simpleMessage)
    void world.settle()
    await world.posted(1)
    world.restart()
    await world.settle()
    expect(world.posts).toHaveLength(2)
    expect(Object.keys(changed(world.posts[1]?.body))).toContain('EmailDelivery')
    await world.settle(day)
    expect(world.posts).toHaveLength(2)
  })

  it('is told after a crash between the commit and the push', async () => {
    const world = new PushWorld()
    await world.verified()
    world.posts.length = 0
    world.deliver(simpleMessage)
    expect(world.wakeups.length).toBeGreaterThan(0)
    world.restart()
    await world.settle()
    expect(world.posts).toHaveLength(1)
  })

  it('removes what the push service does not know any more (RFC 8030 §7.3)', async () => {
    const world = new PushWorld()
    const id = await world.verified()
    world.outcome = { status: 'gone' }
    world.deliver(simpleMessage)
    await world.settle()
    expect(world.store.pushSubscriptions.get(id)).toBeUndefined()
    world.deliver(simpleMessage)
    await world.settle()
    expect(world.posts).toHaveLength(2)
  })

  it('backs off while the service fails, as long as it asks for, and then tells all that was missed', async () => {
    const world = new PushWorld()
    await world.verified()
    world.posts.length = 0
    world.times.length = 0
    world.outcome = { status: 'failed' }
    world.deliver(simpleMessage)
    await world.settle(30 * 60_000)
    const gaps = world.times.slice(1).map((time, index) => Math.round((time - (world.times[index] as number)) / 1000))
    expect(gaps).toEqual([30, 60, 120, 240, 480])
    world.outcome = { status: 'failed', retryAfter: 7_200_000 }
    await world.settle(3_600_000)
    const last = world.times.at(-1) as number
    world.outcome = { status: 'accepted' }
    await world.call('Mailbox/set', { accountId: 'a1', create: { m: { name: 'M' } } })
    await world.settle(3 * 3_600_000)
    expect((world.times.at(-1) as number) - last).toBeGreaterThanOrEqual(7_200_000)
    expect(Object.keys(changed(world.posts.at(-1)?.body))).toEqual(['Email', 'EmailDelivery', 'Mailbox', 'Thread'])
  })

  it('does not write to an account that was removed meanwhile', async () => {
    const world = new PushWorld()
    const id = await world.verified()
    const release = world.hold()
    world.deliver(simpleMessage)
    const running = world.settle()
    await world.posted(2)
    world.pusher.stop()
    const before = world.store.pushSubscriptions.get(id)
    release()
    await running
    expect(world.store.pushSubscriptions.get(id)).toEqual(before)
    expect(world.pusher.nextWakeup()).toBeUndefined()
  })
})

describe('a client that comes back (RFC 8620 §7.3, RFC 8887 §4.3.5.2)', () => {
  it('is told of all types when its state is of the future: the account was restored from a backup', () => {
    const world = new PushWorld()
    expect(Object.keys(world.jmap.stateChangeSince('4000000')?.changed['a1'] ?? {})).toEqual(
      expect.arrayContaining(['Email', 'EmailDelivery', 'Mailbox', 'Thread', 'Identity', 'EmailSubmission']),
    )
  })

  it('is told of EmailDelivery only when mail has come (RFC 8621 §1.5)', async () => {
    const world = new PushWorld()
    const seen = world.jmap.eventId
    await world.call('Mailbox/set', { accountId: 'a1', create: { m: { name: 'M' } } })
    expect(Object.keys(world.jmap.stateChangeSince(seen)?.changed['a1'] ?? {})).toEqual(['Mailbox'])
    world.deliver(simpleMessage)
    expect(world.jmap.stateChangeSince(seen)?.changed['a1']).toHaveProperty('EmailDelivery', world.jmap.eventId)
  })
})

describe('the application server key (RFC 9749 §3)', () => {
  it('is in the session, whose state it moves', () => {
    const world = new PushWorld()
    const session = world.jmap.session('https://mail.example') as Answer
    expect(session.capabilities['urn:ietf:params:jmap:webpush-vapid']).toEqual({ applicationServerKey: 'BKey' })
    world.applicationServerKey = 'BOther'
    expect((world.jmap.session('https://mail.example') as Answer).state).not.toBe(session.state)
  })
})

function changed(body: Answer): Record<string, string> {
  expect(body['@type']).toBe('StateChange')
  return body.changed.a1
}
