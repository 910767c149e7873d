import { expect, test } from 'vitest'
import { parseSmarthosts, shownSmarthost } from '../../src/delivery/index.ts'

const names = (text: string) => {
  const parsed = parseSmarthosts(text)
  return parsed.ok ? [...parsed.smarthosts].map(([name, { host }]) => [name, host]) : parsed.problem
}

test('one without a name is called smarthost; several have names, in their order', () => {
  expect(names('')).toEqual([])
  expect(names('smtp://relay.test')).toEqual([['smarthost', 'relay.test']])
  expect(names(' ses=smtps://u:p@mail.test \n backup-2=smtp://b.test ')).toEqual([
    ['ses', 'mail.test'],
    ['backup-2', 'b.test'],
  ])
  expect(names('smtp://a.test b=smtp://u:p%3D@b.test?tls=required')).toEqual([
    ['smarthost', 'a.test'],
    ['b', 'b.test'],
  ])
})

test.each([
  ['smtp://a.test smtp://b.test', /Two smarthosts are called smarthost/],
  ['a=smtp://a.test a=smtp://b.test', /Two smarthosts are called a/],
  ['mx=smtp://a.test', /neither mx nor email-service/],
  ['Big=smtp://a.test', /a-z/],
  ['a=https://a.test', /begin with smtp:\/\//],
  ['a=smtp://u:secret@a.test:25?by=worker', /port 25/],
  ['smtp://a.test:587?by=worker', /always verifies/],
  ['smtp://a.test?by=magic', /by must be/],
])('%j is refused in a sentence that tells no password', (text, problem) => {
  const parsed = parseSmarthosts(text)
  expect(parsed).toEqual({ ok: false, problem: expect.stringMatching(problem) })
  expect(JSON.stringify(parsed)).not.toContain('secret')
})

test('what is shown of a smarthost holds no user and no password', () => {
  const parsed = parseSmarthosts('smtps://me:secret@[2001:db8::1]?by=worker')
  const smarthost = parsed.ok ? parsed.smarthosts.get('smarthost') : undefined
  expect(smarthost && shownSmarthost(smarthost)).toBe('[2001:db8::1]:465, tls implicit, with a password, by the worker')
})
