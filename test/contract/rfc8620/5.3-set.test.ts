/**
 * RFC 8620 §5.3: /set.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { simpleMessage, using, World, type Answer } from '../../access/jmap/world.ts'
import { make, names } from './mailboxes.ts'
import { ofVerb } from './methods.ts'

const vacation = 'urn:ietf:params:jmap:vacationresponse'
const sets = ofVerb('set').filter(([name]) => !name.startsWith('Vacation'))

describe('§5.3 arguments and response', () => {
  it.each(sets)('§5.3 %s: without anything to do, everything is null and the state stays', async (name) => {
    const answer = await new World().call(name, {})
    expect(answer).toEqual({
      accountId: 'a1',
      oldState: answer.newState,
      newState: expect.any(String),
      created: null,
      updated: null,
      destroyed: null,
      notCreated: null,
      notUpdated: null,
      notDestroyed: null,
    })
  })

  it.each(sets)('§5.3 %s: stateMismatch for another state, and nothing is changed', async (name) => {
    const world = new World()
    for (const ifInState of ['999999', '', 'x', '0-1-0']) {
      const answer = await world.refusal(name, { ifInState, create: { k: { name: 'K', email: 'alice@facteur.test' } } })
      expect([ifInState, answer]).toEqual([ifInState, { type: 'stateMismatch' }])
    }
    expect(world.commits.length).toBe(0)
  })

  it('§5.3 ifInState takes the state that /get gave, and refuses it when records of the type changed since', async () => {
    const world = new World()
    const { state } = await world.call('Mailbox/get', { ids: [] })
    const { oldState, newState } = await world.call('Mailbox/set', { ifInState: state, create: { a: { name: 'A' } } })
    expect(oldState).toBe(state)
    expect((await world.call('Mailbox/get', { ids: [] })).state).toBe(newState)
    expect((await world.refusal('Mailbox/set', { ifInState: state })).type).toBe('stateMismatch')
    // Other types may change: this one has not.
    await world.call('Identity/set', { create: { i: { email: 'alice@facteur.test' } } })
    await world.call('Mailbox/set', { ifInState: newState, create: { b: { name: 'B' } } })
  })

  it('§5.3 requestTooLarge: creates, updates and destroys counted together', async () => {
    const world = new World({ maxObjectsInSet: 3 })
    const four = { create: { a: { name: 'A' } }, update: { zz: {} }, destroy: ['x', 'y'] }
    expect((await world.refusal('Mailbox/set', four)).type).toBe('requestTooLarge')
    expect(world.commits.length).toBe(0)
    expect(await world.call('Mailbox/set', { ...four, destroy: ['x'] })).toHaveProperty(['created', 'a', 'id'])
  })

  it('§5.3 created tells the id and all that the client left to the server, updated what changed beyond the patch', async () => {
    const world = new World()
    const { created } = await world.call('Mailbox/set', { create: { a: { name: 'A', sortOrder: 7 } } })
    expect(created.a).toEqual({
      id: expect.any(String),
      parentId: null,
      role: null,
      isSubscribed: true,
      totalEmails: 0,
      unreadEmails: 0,
      totalThreads: 0,
      unreadThreads: 0,
      myRights: expect.any(Object),
    })
    const update = { [created.a.id]: { name: 'B' } }
    expect((await world.call('Mailbox/set', { update })).updated).toEqual({ [created.a.id]: null })
  })

  it('§5.3 each record is accepted or refused for itself', async () => {
    const world = new World()
    const { A } = await make(world, 'A')
    const answer = await world.call('Mailbox/set', {
      create: { good: { name: 'Good' }, bad: { name: 'Bad', role: 'nonsense' } },
      update: { [A as string]: { sortOrder: 5 }, zz: { name: 'Z' } },
      destroy: ['yy', world.mailbox('junk')],
    })
    expect(Object.keys(answer.created)).toEqual(['good'])
    expect(answer).toMatchObject({
      notCreated: { bad: { type: 'invalidProperties', properties: ['role'] } },
      updated: { [A as string]: null },
      notUpdated: { zz: { type: 'notFound' } },
      notDestroyed: { yy: { type: 'notFound' } },
    })
    expect(answer.destroyed).toHaveLength(1)
  })

  it('§5.3 never a part of an update: one bad property leaves the others as they were', async () => {
    const world = new World()
    const { A } = await make(world, 'A')
    const { notUpdated } = await world.call('Mailbox/set', { update: { [A as string]: { name: 'B', sortOrder: -1 } } })
    expect(notUpdated[A as string]).toMatchObject({ type: 'invalidProperties', properties: ['sortOrder'] })
    expect((await names(world))[A as string]).toBe('A')
  })
})

/** The keywords of an email after the patch, or why it was refused. */
async function patched(patch: object): Promise<Answer> {
  const world = new World()
  const id = world.deliver(simpleMessage, { keywords: ['$seen', 'a/b', 'm~n'] })
  const { notUpdated } = await world.call('Email/set', { update: { [id]: patch } })
  if (notUpdated !== null) return notUpdated[id].type
  const { list } = await world.call('Email/get', { ids: [id], properties: ['keywords'] })
  return Object.keys(list[0].keywords).toSorted()
}

const escape = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1')

describe('§5.3 PatchObject', () => {
  it.each<[string, object, string[]]>([
    ['nothing', {}, ['$seen', 'a/b', 'm~n']],
    ['sets a member', { 'keywords/$flagged': true }, ['$flagged', '$seen', 'a/b', 'm~n']],
    ['removes a member by null', { 'keywords/$seen': null }, ['a/b', 'm~n']],
    ['may remove what is not there', { 'keywords/$nope': null }, ['$seen', 'a/b', 'm~n']],
    ['escapes / and ~ (RFC 6901 §3)', { 'keywords/a~1b': null, 'keywords/m~0n': null }, ['$seen']],
    ['replaces a property whole', { keywords: { $draft: true } }, ['$draft']],
    ['sets the default by null', { keywords: null }, []],
  ])('§5.3 %s', async (_, patch, keywords) => {
    expect(await patched(patch)).toEqual(keywords)
  })

  it.each<[string, object]>([
    ['a parent that is no object', { 'keywords/$seen/x': true }],
    ['a pointer that is the prefix of another', { keywords: {}, 'keywords/$flagged': true }],
    ['a broken escape', { 'keywords/~2': true }],
  ])('§5.3 invalidPatch: %s', async (_, patch) => {
    expect(await patched(patch)).toBe('invalidPatch')
  })

  it.each<[string, object]>([
    ['a pointer into an array', { 'replyTo/0': { name: null, email: 'b@x.test' } }],
    ['a pointer within an item of an array', { 'replyTo/0/name': 'B' }],
    ['a parent that is null', { 'bcc/0': 'x' }],
    ['a parent that is not there', { 'nothing/a': 1 }],
    ['a pointer below a text', { 'name/first': 'A' }],
  ])('§5.3 invalidPatch: %s', async (_, patch) => {
    const world = new World()
    const create = { i: { email: 'alice@facteur.test', replyTo: [{ name: null, email: 'a@x.test' }] } }
    const { created } = await world.call('Identity/set', { create })
    const { notUpdated } = await world.call('Identity/set', { update: { [created.i.id]: patch } })
    expect(notUpdated[created.i.id].type).toBe('invalidPatch')
  })

  it('§5.3 may hold server-set and immutable properties as they are: a whole record is a patch', async () => {
    const world = new World()
    const { A } = await make(world, 'A')
    for (const id of [A as string, world.mailbox('inbox')]) {
      const { list } = await world.call('Mailbox/get', { ids: [id] })
      expect((await world.call('Mailbox/set', { update: { [id]: list[0] } })).updated).toEqual({ [id]: null })
    }
    const [identity] = (await world.call('Identity/get')).list
    const { updated } = await world.call('Identity/set', { update: { [identity.id]: { ...identity, name: 'N' } } })
    expect(updated).toEqual({ [identity.id]: null })
  })

  it('§5.3 invalidProperties: server-set or immutable properties that differ, all of them named', async () => {
    const world = new World()
    const { A } = await make(world, 'A')
    const patch = { id: 'B9', totalEmails: 1, 'myRights/mayDelete': false, nonsense: 1, name: 'New' }
    const { notUpdated } = await world.call('Mailbox/set', { update: { [A as string]: patch } })
    expect(notUpdated[A as string].type).toBe('invalidProperties')
    expect(notUpdated[A as string].properties.toSorted()).toEqual(['id', 'myRights', 'nonsense', 'totalEmails'])
    expect((await names(world))[A as string]).toBe('A')
  })

  it('§5.3 invalidProperties: a create with server-set, unknown or wrong properties, all of them named', async () => {
    const world = new World()
    const create = { a: { name: 'A', id: 'B1', totalEmails: 0, sortOrder: 'x', nonsense: null } }
    const { notCreated } = await world.call('Mailbox/set', { create })
    expect(notCreated.a.type).toBe('invalidProperties')
    expect(notCreated.a.properties.toSorted()).toEqual(['id', 'nonsense', 'sortOrder', 'totalEmails'])
  })

  it('§5.3 applied to any record, gives what its pointers say', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage)
    const flags = ['$seen', '$flagged', 'a', 'b~/c']
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(flags),
        fc.dictionary(fc.constantFrom(...flags), fc.constantFrom(true, null)),
        async (start, changes) => {
          const whole = Object.fromEntries(start.map((name) => [name, true]))
          const patch = Object.fromEntries(
            Object.entries(changes).map(([name, value]) => [`keywords/${escape(name)}`, value]),
          )
          await world.call('Email/set', { update: { [id]: { keywords: whole } } })
          await world.call('Email/set', { update: { [id]: patch } })
          const { list } = await world.call('Email/get', { ids: [id], properties: ['keywords'] })
          const expected = new Set([...start, ...Object.keys(changes)].filter((name) => changes[name] !== null))
          expect(new Set(Object.keys(list[0].keywords))).toEqual(expected)
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('§5.3 SetError', () => {
  it('§5.3 willDestroy: an update of what the same call destroys', async () => {
    const world = new World()
    const { A } = (await make(world, 'A')) as { A: string }
    const answer = await world.call('Mailbox/set', { update: { [A]: { name: 'B' } }, destroy: [A] })
    expect(answer).toMatchObject({ notUpdated: { [A]: { type: 'willDestroy' } }, updated: null, destroyed: [A] })
  })

  it('§5.3 singleton: there is one vacation response, not two and not none', async () => {
    const methodCalls = [
      ['VacationResponse/set', { accountId: 'a1', create: { v: { isEnabled: true } }, destroy: ['singleton'] }, '0'],
    ]
    const body = JSON.stringify({ using: [...using, vacation], methodCalls })
    const [[, answer]] = (await new World().post(body)).body.methodResponses
    expect(answer).toMatchObject({
      notCreated: { v: { type: 'singleton' } },
      notDestroyed: { singleton: { type: 'singleton' } },
    })
  })

  it('§5.3 forbidden: the inbox is not destroyed', async () => {
    const world = new World()
    const inbox = world.mailbox('inbox')
    const { notDestroyed } = await world.call('Mailbox/set', { destroy: [inbox] })
    expect(notDestroyed[inbox].type).toBe('forbidden')
  })

  it('§5.3 alreadyExists: a mailbox whose name a sibling has, with the id of that (RFC 8621 §2)', async () => {
    const world = new World()
    const { A, B } = await make(world, 'A', 'B')
    const answer = await world.call('Mailbox/set', {
      create: { a: { name: 'A' } },
      update: { [B as string]: { name: 'A' } },
    })
    const error = { type: 'alreadyExists', existingId: A, properties: ['name'], description: expect.any(String) }
    expect([answer.notCreated, answer.notUpdated]).toEqual([{ a: error }, { [B as string]: error }])
  })

  it('§5.3 tooLarge: an email above the largest', async () => {
    const world = new World({ maxSizeEmail: 400 })
    const mailboxIds = { [world.mailbox('drafts')]: true }
    const bodyValues = { a: { value: 'x'.repeat(1000) } }
    const textBody = [{ partId: 'a', type: 'text/plain' }]
    const { notCreated } = await world.call('Email/set', { create: { e: { mailboxIds, bodyValues, textBody } } })
    expect(notCreated.e.type).toBe('tooLarge')
  })

  it('§5.3 overQuota: an email that the account has no room for', async () => {
    const world = new World()
    world.store.updateAccount({ quota: 100 })
    const mailboxIds = { [world.mailbox('drafts')]: true }
    const { notCreated } = await world.call('Email/set', {
      create: { e: { mailboxIds, subject: 'x'.repeat(200) } },
    })
    expect(notCreated.e.type).toBe('overQuota')
  })

  it('§5.3 a SetError has a type, and describes in one text what was wrong', async () => {
    const world = new World()
    const { notCreated } = await world.call('Mailbox/set', { create: { a: { name: 7 } } })
    expect(notCreated.a).toEqual({ type: 'invalidProperties', description: expect.any(String), properties: ['name'] })
  })
})
