import { describe, expect, it } from 'vitest'
import { AuditStore, withoutSecrets } from '../../../src/access/api/index.ts'
import { memorySql } from '../../../src/host/memory/sql.ts'

const record = { who: 'administrator', what: 'PUT /x', target: '/x', from: '192.0.2.1' }

describe('the audit log', () => {
  it('writes nothing while nothing is changed', () => {
    const sql = memorySql()
    expect(new AuditStore(sql).list({ limit: 10 })).toEqual([])
    expect(sql.exec('SELECT * FROM sqlite_master').toArray()).toEqual([])
  })

  it('gives records back from the newest on, page by page', () => {
    const store = new AuditStore(memorySql())
    for (let n = 1; n <= 5; n++) store.add({ ...record, target: `/${n}` }, n)
    const first = store.list({ limit: 2 })
    expect(first).toMatchObject([
      { target: '/5', at: 5 },
      { target: '/4', at: 4 },
    ])
    expect(store.list({ limit: 2, before: first[1]?.id as number }).map(({ target }) => target)).toEqual(['/3', '/2'])
  })

  it('keeps the last ones only', () => {
    const store = new AuditStore(memorySql(), 150)
    for (let n = 1; n <= 400; n++) store.add(record, n)
    const kept = store.list({ limit: 1_000 })
    expect(kept).toHaveLength(150)
    expect(kept.at(-1)?.at).toBe(251)
  })
})

describe('what is written of a request', () => {
  it.each([
    [{ password: 'x', newPassword: 'x', secret: 'x', token: 'x', clientSecret: 'x' }, {}],
    [{ privateKey: 'x', credentials: 'x', name: 'x' }, { name: 'x' }],
    [{ targets: ['a@b.test', 'c@d.test'] }, { targets: ['a@b.test', 'c@d.test'] }],
    [
      { bytes: 5, all: true, limit: null, missing: undefined },
      { bytes: 5, all: true, limit: null },
    ],
    [{ rule: { to: 'x', auth: { password: 'y' } } }, { rule: '{"to":"x","auth":{}}' }],
    [{ list: [{ token: 'x' }, { a: 1 }] }, { list: '[{},{"a":1}]' }],
    [{ url: 'https://shop.test/mail?key=x&y=1' }, { url: 'https://shop.test/mail?…' }],
    [{ urls: ['https://shop.test/?key=x', 'what?'] }, { urls: ['https://shop.test/?…', 'what?'] }],
  ])('of %j', (fields, written) => expect(withoutSecrets(fields)).toEqual(written))

  it('is bounded', () => {
    const long = Object.fromEntries(Array.from({ length: 80 }, (_, n) => [`field ${n}`, 'x'.repeat(10_000)]))
    const written = withoutSecrets({ ...long, list: Array.from({ length: 1_000 }, () => 'y'.repeat(1_000)) })
    expect(JSON.stringify(written).length).toBeLessThan(60_000)
    expect(Object.keys(written)).toHaveLength(50)
  })
})
