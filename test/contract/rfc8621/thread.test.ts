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

const mail = (id: string, subject: string, relatives = ''): string =>
  `From: a@x.example\nSubject: ${subject}\nMessage-ID: <${id}@x>\n${relatives}\nx\n`

describe('which emails make a thread (RFC 8621 §3)', () => {
  const root = mail('1', 'Plans for [Tuesday] & more')

  it.each([
    ['In-Reply-To', mail('2', 'Re: Plans for [Tuesday] & more', 'In-Reply-To: <1@x>\n'), true],
    ['References', mail('2', 'Re: Plans for [Tuesday] & more', 'References: <0@x> <1@x>\n'), true],
    ['a reference that both have', mail('2', 'Plans for [Tuesday] & more', 'References: <1@x> <9@x>\n'), true],
    ['Fwd:', mail('2', 'Fwd: Plans for [Tuesday] & more', 'References: <1@x>\n'), true],
    ['a list tag', mail('2', 'Re: [list] Plans for [Tuesday] & more', 'References: <1@x>\n'), true],
    ['other white space', mail('2', 'Re:  Plans   for\n [Tuesday] & more', 'References: <1@x>\n'), true],
    ['another case', mail('2', 'RE: PLANS FOR [TUESDAY] & MORE', 'References: <1@x>\n'), true],
    ['a mark of another language', mail('2', 'AW: Plans for [Tuesday] & more', 'References: <1@x>\n'), true],
    ['marks of several', mail('2', 'SV: Antw: [list] WG: Plans for [Tuesday] & more', 'References: <1@x>\n'), true],
    ['a mark with a wide colon', mail('2', '回复：Plans for [Tuesday] & more', 'References: <1@x>\n'), true],
    ['no id in common', mail('2', 'Re: Plans for [Tuesday] & more'), false],
    ['another subject', mail('2', 'Something else', 'In-Reply-To: <1@x>\n'), false],
    ['a word before a colon', mail('2', 'Correction: Plans for [Tuesday] & more', 'In-Reply-To: <1@x>\n'), false],
  ])('%s', async (_, second, together) => {
    const world = new World()
    const ids = [world.deliver(root), world.deliver(second)]
    const { list } = await world.call('Email/get', { ids, properties: ['threadId'] })
    expect(list[0].threadId === list[1].threadId).toBe(together)
  })

  it('an email without relatives is a thread of its own', async () => {
    const world = new World()
    const id = world.deliver(root)
    const { threadId } = await one(world, id, { properties: ['threadId'] })
    expect((await world.call('Thread/get', { ids: [threadId] })).list).toEqual([{ id: threadId, emailIds: [id] }])
  })

  it('a reply that comes before its original is in the same thread, sorted by receivedAt', async () => {
    const world = new World()
    const reply = world.deliver(mail('2', 'Re: Plans', 'References: <1@x>\n'), { receivedAt: 2000 })
    const original = world.deliver(mail('1', 'Plans'), { receivedAt: 1000 })
    const { threadId } = await one(world, original, { properties: ['threadId'] })
    expect((await world.call('Thread/get', { ids: [threadId] })).list[0].emailIds).toEqual([original, reply])
  })

  it('emails of one time keep one order', async () => {
    const world = new World()
    const ids = ['1', '2', '3'].map((n) =>
      world.deliver(mail(n, 'Plans', n === '1' ? '' : 'References: <1@x>\n'), { receivedAt: 1000 }),
    )
    const { threadId } = await one(world, ids[0] as string, { properties: ['threadId'] })
    for (let n = 0; n < 3; n++) {
      expect((await world.call('Thread/get', { ids: [threadId] })).list[0].emailIds).toEqual(ids)
    }
  })

  it('Thread/get asks for ids, and knows two properties', async () => {
    const world = new World()
    expect((await world.refusal('Thread/get', { ids: null })).type).toBe('requestTooLarge')
    expect((await world.refusal('Thread/get', { ids: [], properties: ['subject'] })).type).toBe('invalidArguments')
    const { threadId } = await one(world, world.deliver(root), { properties: ['threadId'] })
    expect((await world.call('Thread/get', { ids: [threadId], properties: ['id'] })).list).toEqual([{ id: threadId }])
  })

  it('Thread/changes: the first email creates, a further one updates, the last one destroys (§3.2)', async () => {
    const world = new World()
    let { state } = await world.call('Thread/get', { ids: [] })
    const changes = async (): Promise<Answer> => {
      const answer = await world.call('Thread/changes', { sinceState: state })
      state = answer.newState
      return [answer.created, answer.updated, answer.destroyed]
    }
    const first = world.deliver(root)
    const { threadId } = await one(world, first, { properties: ['threadId'] })
    expect(await changes()).toEqual([[threadId], [], []])
    const second = world.deliver(mail('2', 'Re: Plans for [Tuesday] & more', 'In-Reply-To: <1@x>\n'))
    expect(await changes()).toEqual([[], [threadId], []])
    await world.call('Email/set', { update: { [first]: { 'keywords/$seen': true } } })
    expect(await changes()).toEqual([[], [], []])
    await world.call('Email/set', { destroy: [first, second] })
    expect(await changes()).toEqual([[], [], [threadId]])
  })
})
