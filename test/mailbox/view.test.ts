import { describe, expect, test } from 'vitest'
import { newEmail, openStore } from './fixture.ts'

function filled() {
  const fixture = openStore()
  const { store, inbox } = fixture
  store.add(['a', 'b', 'c'].map((id) => newEmail(inbox, { subject: id, id })))
  return { ...fixture, uids: Array.from(store.view(inbox).uidList()) }
}

describe('What is the same for all who open a mailbox is made once', () => {
  test('the list of UIDs, which stays as it is whatever comes and goes', () => {
    const { store, inbox, uids } = filled()
    const list = store.view(inbox).uidList()
    expect(store.view(inbox).uidList()).toBe(list)
    store.expunge(inbox, [uids[1]!])
    store.add([newEmail(inbox, { subject: 'd', id: 'd' })])
    // As long as before, and not the same.
    const next = store.view(inbox).uidList()
    expect(next).toHaveLength(3)
    expect([...next]).not.toEqual(uids)
    expect([...next].slice(0, 2)).toEqual([uids[0], uids[2]])
    expect([...list]).toEqual(uids)
  })

  test('the keywords that some message has, anew after a change of flags', () => {
    const { store, inbox, uids } = filled()
    const used = () => [...store.view(inbox).keywordsUsed()].sort()
    expect(used()).toEqual([])
    store.setFlags(inbox, uids.slice(0, 2), { add: ['$seen', 'todo'] })
    expect(used()).toEqual(['$seen', 'todo'])
    store.add([newEmail(inbox, { subject: 'd', id: 'd' }, { keywords: ['$flagged'] })])
    expect(used()).toEqual(['$flagged', '$seen', 'todo'])
    store.setFlags(inbox, [uids[0]!], { remove: ['todo'] })
    expect(used()).toEqual(['$flagged', '$seen', 'todo'])
    store.expunge(inbox, [uids[1]!])
    expect(used()).toEqual(['$flagged', '$seen'])
  })

  test('keywords beyond those that have a bit are among them', () => {
    const { store, inbox, uids } = filled()
    const names = Array.from({ length: 30 }, (_, index) => `k${index + 10}`)
    store.setFlags(inbox, [uids[0]!], { add: names })
    expect([...store.view(inbox).keywordsUsed()].sort()).toEqual(names)
    store.setFlags(inbox, [uids[0]!], { remove: names })
    expect([...store.view(inbox).keywordsUsed()]).toEqual([])
  })
})
