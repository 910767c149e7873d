import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ReturnPaths } from '../../src/routing/index.ts'
import { macOf } from './mac-of.ts'

const day = 86_400_000

function stage(...hosted: string[]) {
  const state = { now: 20_000 * day }
  const paths = new ReturnPaths({
    directory: { lookup: async (domain) => ({ kind: hosted.includes(domain) ? 'unknown' : 'foreign' }) },
    mac: async (domain) => (hosted.includes(domain) ? macOf(domain) : undefined),
    clock: () => state.now,
  })
  const back = async (address: string) => {
    const at = address.lastIndexOf('@')
    return paths.origin(address.slice(at + 1), address.slice(0, at))
  }
  return { state, paths, back }
}

describe('the return path of what an alias sends on', () => {
  test('is of the alias’s domain, and leads back', async () => {
    const { paths, back } = stage('here.test')
    const path = await paths.onward('Eve@outside.test', 'team@here.test')
    expect(path).toMatch(/^SRS0=[a-z2-7]{8}=[a-z2-7]{2}=outside\.test=Eve@here\.test$/)
    expect(await back(path)).toBe('Eve@outside.test')
    expect(await back(path.toLowerCase())).toBe('eve@outside.test')
    expect(await back(path.toUpperCase().replace('HERE.TEST', 'here.test'))).toBe('EVE@OUTSIDE.TEST')
  })

  test.each([
    ['the null one (RFC 5321 §4.5.5)', ''],
    ['one of ours', 'alice@here.test'],
    ['one at an address literal', 'x@[192.0.2.1]'],
    ['one that would be too long (RFC 5321 §4.5.3.1.1)', `${'x'.repeat(40)}@outside.test`],
  ])('stays as it is: %s', async (_, path) => {
    expect(await stage('here.test').paths.onward(path, 'team@here.test')).toBe(path)
  })

  test('leads back for three weeks, and not longer', async () => {
    const { state, paths, back } = stage('here.test')
    const path = await paths.onward('eve@outside.test', 'team@here.test')
    state.now += 21 * day
    expect(await back(path)).toBe('eve@outside.test')
    state.now += day
    expect(await back(path)).toBeUndefined()
  })

  test('leads nowhere when anything in it is changed, or with the hash of another domain', async () => {
    const { paths, back } = stage('here.test', 'there.test')
    const path = await paths.onward('eve@outside.test', 'team@here.test')
    for (const forged of [
      path.replace('=Eve@', '=mallory@').replace('=eve@', '=mallory@'),
      path.replace('outside.test', 'victim.test'),
      path.replace('@here.test', '@there.test'),
      path.replace(/=[a-z2-7]{8}=/, '=aaaaaaaa='),
      'SRS0=eve@here.test',
      'SRS1=aaaaaaaa=x.test==rest@here.test',
    ]) {
      expect(await back(forged)).toBeUndefined()
    }
  })

  test('of what others have rewritten leads back to the first of them, however many there were', async () => {
    const first = stage('one.test')
    const second = stage('two.test')
    const third = stage('three.test')
    const once = await first.paths.onward('eve@outside.test', 'a@one.test')
    const twice = await second.paths.onward(once, 'b@two.test')
    const thrice = await third.paths.onward(twice, 'c@three.test')
    expect(twice).toMatch(/^SRS1=[a-z2-7]{8}=one\.test==.*@two\.test$/)
    expect(thrice).toMatch(/^SRS1=[a-z2-7]{8}=one\.test==.*@three\.test$/)
    expect(await third.back(thrice)).toBe(once)
    expect(await second.back(twice)).toBe(once)
    expect(await first.back(once)).toBe('eve@outside.test')
  })

  test('comes back from any local part, quoted or with = and +', async () => {
    const letter = fc.constantFrom('a', 'Z', '=', '+', '-', '.', ' ', '"', 'ü')
    const { paths, back } = stage('here.test')
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: letter, minLength: 1, maxLength: 10 }), async (local) => {
        const quoted = `"${local.replace(/["\\]/g, '\\$&')}"@outside.test`
        const path = await paths.onward(quoted, 'team@here.test')
        const at = path.lastIndexOf('@')
        const plain = path.startsWith('"') ? path.slice(1, at - 1).replace(/\\(.)/g, '$1') : path.slice(0, at)
        const origin = await back(`${plain}@here.test`)
        const part = origin?.slice(0, origin.lastIndexOf('@')) ?? ''
        expect(part.startsWith('"') ? part.slice(1, -1).replace(/\\(.)/g, '$1') : part).toBe(local)
      }),
    )
  })
})

test('the address book knows such addresses as aliases, and all others as before', async () => {
  const { paths } = stage('here.test')
  const path = await paths.onward('eve@outside.test', 'team@here.test')
  const { directory } = paths
  expect(await directory.lookup('here.test', path.slice(0, path.lastIndexOf('@')))).toEqual({
    kind: 'alias',
    targets: ['eve@outside.test'],
  })
  expect(await directory.lookup('here.test', 'srs0=nonsense')).toEqual({ kind: 'unknown' })
  expect(await directory.lookup('else.test', 'x')).toEqual({ kind: 'foreign' })
})
