import { describe, expect, it } from 'vitest'
import {
  evaluatePointer,
  MethodError,
  resolveReferences,
  type Json,
  type MethodResponse,
} from '../../../src/protocol/jmap/index.ts'

const responses: MethodResponse[] = [
  ['Foo/changes', { created: ['f1', 'f4'], updated: [], nothing: null }, 't0'],
  [
    'Foo/get',
    {
      list: [
        { id: 'f1', ids: ['a', 'b'] },
        { id: 'f4', ids: ['c'] },
        { id: 'f5', ids: [] },
      ],
    },
    't1',
  ],
  ['error', { type: 'serverFail' }, 't2'],
]

function resolve(args: Record<string, Json>, weight = 10_000) {
  return resolveReferences(args, responses, { remaining: weight })
}

function errorOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    return (error as MethodError).type
  }
  return 'none'
}

describe('result references (RFC 8620 §3.7)', () => {
  it('replaces an argument by an earlier result (§3.7.1)', () => {
    const reference = { resultOf: 't0', name: 'Foo/changes', path: '/created' }
    expect(resolve({ accountId: 'A1', '#ids': reference })).toEqual({ accountId: 'A1', ids: ['f1', 'f4'] })
  })

  it('hands over null as a value', () => {
    expect(resolve({ '#ids': { resultOf: 't0', name: 'Foo/changes', path: '/nothing' } })).toEqual({ ids: null })
  })

  it('flattens what * finds (§3.7.1, Email/get → Thread/get)', () => {
    const reference = { resultOf: 't1', name: 'Foo/get', path: '/list/*/ids' }
    expect(resolve({ '#ids': reference })).toEqual({ ids: ['a', 'b', 'c'] })
  })

  it.each<[string, Json]>([
    ['the call id is unknown', { resultOf: 't9', name: 'Foo/get', path: '/list' }],
    ['the name differs', { resultOf: 't0', name: 'Foo/get', path: '/created' }],
    ['the call failed', { resultOf: 't2', name: 'Foo/get', path: '/list' }],
    ['the path leads nowhere', { resultOf: 't0', name: 'Foo/changes', path: '/gone' }],
    ['the index is out of range', { resultOf: 't0', name: 'Foo/changes', path: '/created/2' }],
    ['the index has a leading zero (RFC 6901 §4)', { resultOf: 't0', name: 'Foo/changes', path: '/created/00' }],
    ['* meets an object', { resultOf: 't1', name: 'Foo/get', path: '/*' }],
    ['one item of * has no such member', { resultOf: 't1', name: 'Foo/get', path: '/list/*/name' }],
    ['the path has no leading slash', { resultOf: 't0', name: 'Foo/changes', path: 'created' }],
    ['an escape is broken', { resultOf: 't0', name: 'Foo/changes', path: '/~2' }],
    ['a member of the prototype is asked for', { resultOf: 't0', name: 'Foo/changes', path: '/constructor' }],
    ['the length of an array is asked for', { resultOf: 't0', name: 'Foo/changes', path: '/created/length' }],
    ['it is not an object', 't0'],
    ['it lacks a path', { resultOf: 't0', name: 'Foo/changes' }],
  ])('invalidResultReference when %s', (_, reference) => {
    expect(errorOf(() => resolve({ '#ids': reference }))).toBe('invalidResultReference')
  })

  it('invalidArguments when an argument is given both ways', () => {
    const reference = { resultOf: 't0', name: 'Foo/changes', path: '/created' }
    expect(errorOf(() => resolve({ ids: [], '#ids': reference }))).toBe('invalidArguments')
  })

  it('bounds what references multiply', () => {
    const reference = { resultOf: 't1', name: 'Foo/get', path: '/list' }
    expect(errorOf(() => resolve({ '#a': reference, '#b': reference, '#c': reference }, 40))).toBe(
      'invalidResultReference',
    )
  })

  it('takes the first response of a call id', () => {
    const both: MethodResponse[] = [
      ['EmailSubmission/set', { a: 1 }, '0'],
      ['Email/set', { b: 2 }, '0'],
    ]
    const args = { '#x': { resultOf: '0', name: 'EmailSubmission/set', path: '/a' } }
    expect(resolveReferences(args, both, { remaining: 100 })).toEqual({ x: 1 })
  })
})

describe('JSON pointers (RFC 6901)', () => {
  const document: Json = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'c%d': 2, 'm~n': 8, '*': 9, n: [[[1, 2], [3]], [[4]]] }
  it.each<[string, Json]>([
    ['', document],
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/m~0n', 8],
    ['/*', 9],
    ['/n/*', [[1, 2], [3], [4]]],
    ['/n/*/*', [1, 2, 3, 4]],
  ])('%j', (pointer, value) => {
    expect(evaluatePointer(document, pointer)).toEqual(value)
  })
})
