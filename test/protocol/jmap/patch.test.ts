import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyPatch, SetError, type Json, type JsonObject } from '../../../src/protocol/jmap/index.ts'

const record: JsonObject = {
  keywords: { $seen: true, $flagged: true },
  name: 'Inbox',
  list: [{ a: 1 }],
  'a/b': { '~': 1 },
}

describe('PatchObject (RFC 8620 §5.3)', () => {
  it.each<[string, JsonObject, Partial<Record<string, Json>>]>([
    ['sets a member', { 'keywords/$draft': true }, { keywords: { $seen: true, $flagged: true, $draft: true } }],
    ['removes a member by null', { 'keywords/$seen': null }, { keywords: { $flagged: true } }],
    ['does nothing for a null where nothing is', { 'keywords/x': null }, {}],
    ['replaces a whole property', { keywords: { a: true } }, { keywords: { a: true } }],
    ['sets the default by null', { name: null }, { name: 'unnamed' }],
    ['unescapes pointers', { 'a~1b/~0': 2 }, { 'a/b': { '~': 2 } }],
    [
      'applies several',
      { 'keywords/a': true, 'keywords/b': true, name: 'x' },
      { keywords: { $seen: true, $flagged: true, a: true, b: true }, name: 'x' },
    ],
  ])('%s', (_, patch, changed) => {
    expect(applyPatch(record, patch, { name: 'unnamed' })).toEqual({ ...record, ...changed })
  })

  it('leaves the record itself alone', () => {
    const before = structuredClone(record)
    applyPatch(record, { 'keywords/$seen': null, name: 'x' })
    expect(record).toEqual(before)
  })

  it.each<[string, JsonObject]>([
    ['goes into an array', { 'list/0': { a: 2 } }],
    ['goes through an array', { 'list/0/a': 2 }],
    ['has a parent that does not exist', { 'gone/x': 1 }],
    ['goes through a string', { 'name/x': 1 }],
    ['has one pointer inside another', { keywords: {}, 'keywords/$seen': true }],
    ['has one pointer deep inside another', { a: 1, 'a/b/c/d': true }],
    ['has a broken escape', { 'a~2': 1 }],
    ['names the prototype', { '__proto__/polluted': true }],
  ])('invalidPatch when it %s', (_, patch) => {
    expect(() => applyPatch(record, patch)).toThrow(SetError)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('applied to any record gives what the pointers say', () => {
    const names = fc.stringMatching(/^[a-z~/]{1,3}$/)
    fc.assert(
      fc.property(fc.dictionary(names, fc.integer()), fc.dictionary(names, fc.integer()), (inner, changes) => {
        const patch = Object.fromEntries(
          Object.entries(changes).map(([name, value]) => [
            `x/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
            value,
          ]),
        )
        expect(applyPatch({ x: inner }, patch)).toEqual({ x: { ...inner, ...changes } })
      }),
    )
  })
})
