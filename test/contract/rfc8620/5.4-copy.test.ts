/**
 * RFC 8620 §5.4: /copy, from what one user shares with another. Rights are tested in test/access/jmap/sharing.test.ts.
 */
import { describe, expect, it } from 'vitest'
import { SharingWorld, writing } from '../../access/jmap/sharing-world.ts'
import type { Answer } from '../../access/jmap/world.ts'

/** Alice shares her inbox, with one email, with Bob, who copies it into his. */
async function scene() {
  const world = new SharingWorld()
  await world.share(world.alice, 'inbox', { a2: writing })
  const original = world.deliver(world.alice, 'Original')
  const create = { k5122: { id: original, mailboxIds: { [world.mailbox(world.bob, 'inbox')]: true } } }
  const states = async () => [
    (await world.call(world.alice, 'Email/get', { ids: [] })).state as string,
    (await world.call(world.bob, 'Email/get', { ids: [] })).state as string,
  ]
  const copy = async (args: Record<string, unknown>): Promise<Answer[]> => {
    const given = { fromAccountId: 'a1', accountId: 'a2', create, ...args }
    return world.calls(world.bob, ['Email/copy', given])
  }
  return { world, original, create, states, copy }
}

describe('§5.4 /copy', () => {
  it('§5.4 copies, and destroys the original by an implied /set with the same call id', async () => {
    const { original, copy, states } = await scene()
    const [, before] = await states()
    const [[name, answer, callId], implied] = await copy({ onSuccessDestroyOriginal: true })
    const [, after] = await states()
    expect([name, callId]).toEqual(['Email/copy', 'c0'])
    expect(answer).toMatchObject({
      fromAccountId: 'a1',
      accountId: 'a2',
      oldState: before,
      newState: after,
      created: { k5122: { id: expect.stringMatching(/^M/) } },
      notCreated: null,
    })
    expect(implied).toEqual(['Email/set', expect.objectContaining({ accountId: 'a1', destroyed: [original] }), 'c0'])
  })

  it.each([
    ['fromAccountId', undefined],
    ['fromAccountId', 1],
    ['fromAccountId', null],
    ['fromAccountId', 'a2'],
    ['accountId', null],
    ['accountId', 'a1'],
    ['create', undefined],
    ['create', null],
    ['create', []],
    ['create', { k: null }],
    ['create', { '#k': {} }],
    ['onSuccessDestroyOriginal', 'yes'],
    ['onSuccessDestroyOriginal', null],
    ['ifInState', 1],
    ['ifFromInState', {}],
    ['destroyFromIfInState', 1],
    ['surprise', 1],
  ])('§5.4 invalidArguments: %s is %j, and nothing is copied', async (name, value) => {
    const { copy, states } = await scene()
    const before = await states()
    const [[response, { type }]] = (await copy({ onSuccessDestroyOriginal: true, [name]: value })) as [Answer]
    expect([response, type]).toEqual(['error', 'invalidArguments'])
    expect(await states()).toEqual(before)
  })

  it.each([
    ['fromAccountNotFound', { fromAccountId: 'a9' }],
    ['accountNotFound', { accountId: 'a9' }],
    ['stateMismatch', { ifInState: '999' }],
    ['stateMismatch', { ifFromInState: '999' }],
  ])('§5.4 %s for %j, and nothing is copied', async (type, args) => {
    const { copy, states } = await scene()
    const before = await states()
    expect((await copy(args))[0][1].type).toBe(type)
    expect(await states()).toEqual(before)
  })

  it('§5.4 takes the states that /get gave', async () => {
    const { copy, states } = await scene()
    const [from, to] = await states()
    const [[name], implied] = (await copy({
      ifFromInState: from,
      ifInState: to,
      onSuccessDestroyOriginal: true,
      destroyFromIfInState: from,
    })) as [Answer, Answer]
    expect([name, implied[0]]).toEqual(['Email/copy', 'Email/set'])
  })

  it('§5.4 destroyFromIfInState is for the implied /set alone: the copy is made', async () => {
    const { copy } = await scene()
    const [[name, { created }], implied] = (await copy({
      onSuccessDestroyOriginal: true,
      destroyFromIfInState: '999',
    })) as [Answer, Answer]
    expect([name, Object.keys(created)]).toEqual(['Email/copy', ['k5122']])
    expect(implied).toEqual(['error', expect.objectContaining({ type: 'stateMismatch' }), 'c0'])
  })

  it('§5.4 each record is copied or refused for itself, and only what was copied is destroyed', async () => {
    const { copy, create, original } = await scene()
    const more = { ...create, none: { ...create.k5122, id: 'M999' }, bad: { ...create.k5122, nonsense: 1 } }
    const [[, answer], implied] = (await copy({ create: more, onSuccessDestroyOriginal: true })) as [Answer, Answer]
    expect(Object.keys(answer.created)).toEqual(['k5122'])
    expect(answer.notCreated).toMatchObject({ none: { type: 'notFound' }, bad: { type: 'invalidProperties' } })
    expect(implied[1].destroyed).toEqual([original])
  })
})
