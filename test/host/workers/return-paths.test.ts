import { runInDurableObject } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { returnPaths } from '../../../src/host/workers/return-paths.ts'
import { admin, bindings, furnish } from './house.ts'

it('a return path that one isolate has made is known by the secret of the domain, which stays', async () => {
  await furnish('sent-on.test', ['alice'])
  const path = await returnPaths(bindings).onward('eve@outside.test', 'team@sent-on.test')
  expect(path).toMatch(/^SRS0=[a-z2-7]{8}=/)
  const local = path.slice(0, path.lastIndexOf('@'))
  expect(await returnPaths(bindings).directory.lookup('sent-on.test', local)).toEqual({
    kind: 'alias',
    targets: ['eve@outside.test'],
  })
  const domain = bindings.DOMAIN.getByName('sent-on.test')
  const secret = await domain.returnPathSecret()
  expect(secret).toMatch(/^\w{40}$/)
  expect(await domain.returnPathSecret()).toBe(secret)
})

it('a domain that is not hosted has none, and writes nothing', async () => {
  const paths = returnPaths(bindings)
  expect(await paths.onward('eve@outside.test', 'team@nobody.test')).toBe('eve@outside.test')
  const stranger = bindings.DOMAIN.getByName('nobody.test')
  await runInDurableObject(stranger, (_, { storage }) => {
    expect([...storage.sql.exec(`SELECT name FROM sqlite_master WHERE name = 'setting'`)]).toEqual([])
  })
  expect((await admin('GET', '/domains')).status).toBe(200)
})
