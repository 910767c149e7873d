import { describe, expect, test } from 'vitest'
import { everything, SharingWorld, writing } from './sharing-world.ts'

/** Two mailboxes of alice's, shared with bob. */
async function shared(rights: object): Promise<{ world: SharingWorld; ids: [string, string] }> {
  const world = new SharingWorld()
  const ids: [string, string] = [world.mailbox(world.alice, 'archive'), world.mailbox(world.alice, 'junk')]
  await world.share(world.alice, 'archive', { a2: rights })
  await world.share(world.alice, 'junk', { a2: rights })
  return { world, ids }
}

describe('several refusals in one Mailbox/set of a guest', () => {
  test.each([
    ['only change emails', writing],
    ['do everything', everything],
  ])('are each the standard’s own, when it may %s', async (_, rights) => {
    const { world, ids } = await shared(rights)
    const before = world.alice.store.mailboxes()
    const update = Object.fromEntries(ids.map((id) => [id, { name: 'Same', parentId: 'B4000000' }]))
    const { notUpdated } = await world.call(world.bob, 'Mailbox/set', { accountId: world.alice.id, update })
    for (const id of ids) expect(notUpdated[id]).toMatchObject({ type: 'invalidProperties', properties: ['parentId'] })
    expect(world.alice.store.mailboxes()).toEqual(before)
    expect(world.house.faults).toEqual([])
  })

  test('a name that is taken stays taken, and another mailbox is renamed', async () => {
    const { world, ids } = await shared(everything)
    const [first, second] = ids
    const update = { [first]: { name: 'Drafts' }, [second]: { name: 'Sent' } }
    const { notUpdated } = await world.call(world.bob, 'Mailbox/set', { accountId: world.alice.id, update })
    expect(notUpdated).toMatchObject({
      [first]: { type: 'invalidProperties', properties: ['name'] },
      [second]: { type: 'invalidProperties', properties: ['name'] },
    })
    expect(world.house.faults).toEqual([])
  })
})
