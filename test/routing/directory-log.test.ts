import { describe, expect, it } from 'vitest'
import { memorySql } from '../../src/host/memory/sql.ts'
import { domainSchema } from '../../src/routing/domain-schema.ts'
import { DomainStore } from '../../src/routing/index.ts'
import { migrate } from '../../src/storage/index.ts'

function hosted(): DomainStore {
  const store = new DomainStore(memorySql())
  store.host('facteur.test')
  store.addAccount('alice', 'a1', 'Alice')
  store.addAccount('bob', 'a2')
  return store
}

describe('the people of a domain (RFC 9670 §2)', () => {
  it('are its accounts, oldest first, with the name they were given', () => {
    expect(hosted().people()).toEqual({
      state: 2,
      people: [
        { accountId: 'a1', address: 'alice@facteur.test', profile: { name: 'Alice' } },
        { accountId: 'a2', address: 'bob@facteur.test', profile: {} },
      ],
    })
  })

  it('are asked for by id; unknown ids are left out', () => {
    const { people } = hosted().people(['a2', 'a9'])
    expect(people.map(({ accountId }) => accountId)).toEqual(['a2'])
  })

  it('say of themselves what they like', () => {
    const store = hosted()
    expect(store.setProfile('a2', { name: 'Bob', timeZone: 'Europe/Paris' })).toBe(true)
    expect(store.people(['a2']).people[0]?.profile).toEqual({ name: 'Bob', timeZone: 'Europe/Paris' })
    expect(store.setProfile('a9', { name: 'Nobody' })).toBe(false)
  })

  it('are none where the domain is not hosted', () => {
    const store = new DomainStore(memorySql())
    expect(store.people()).toEqual({ state: 0, people: [] })
    expect(store.peopleChanges(0).changes).toBeNull()
    expect(store.setProfile('a1', {})).toBe(false)
  })
})

describe('changes of the directory (RFC 8620 §5.2)', () => {
  it('name who came, changed and went, each once', () => {
    const store = hosted()
    const { state } = store.people()
    store.addAccount('carol', 'a3')
    store.addAccount('dave', 'a4')
    store.removeAccount('dave')
    store.setProfile('a1', { name: 'Alice A.' })
    store.setProfile('a3', { name: 'Carol' })
    store.removeAccount('bob')
    expect(store.peopleChanges(state).changes).toEqual({ created: ['a3'], updated: ['a1'], destroyed: ['a2'] })
    expect(store.peopleChanges(store.people().state).changes).toEqual({ created: [], updated: [], destroyed: [] })
  })

  it('are not known for a number of the future, nor for one that is forgotten', () => {
    const store = hosted()
    expect(store.peopleChanges(99).changes).toBeNull()
    for (let n = 0; n < 1001; n++) {
      store.addAccount(`n${n}`, `n${n}`)
      store.removeAccount(`n${n}`)
    }
    expect(store.peopleChanges(2).changes).toBeNull()
    expect(store.peopleChanges(5).changes?.destroyed).toEqual(['n1'])
  })

  it('go on from the same number when the domain is hosted again', () => {
    const store = hosted()
    store.removeAccount('alice')
    store.removeAccount('bob')
    store.unhost()
    store.host('facteur.test')
    expect(store.people()).toEqual({ state: 4, people: [] })
  })

  it('begin with a domain from before there was a directory', () => {
    const sql = memorySql()
    migrate(sql, domainSchema.slice(0, 1))
    sql.exec(`INSERT INTO setting VALUES ('domain', 'facteur.test')`)
    sql.exec(`INSERT INTO account VALUES ('alice', 'a1', 1)`)
    const store = new DomainStore(sql)
    expect(store.people()).toEqual({
      state: 0,
      people: [{ accountId: 'a1', address: 'alice@facteur.test', profile: {} }],
    })
    store.addAccount('bob', 'a2')
    expect(store.peopleChanges(0).changes).toEqual({ created: ['a2'], updated: [], destroyed: [] })
  })
})
