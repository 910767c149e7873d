import { describe, expect, test } from 'vitest'
import type { Rule } from '../../../src/routing/index.ts'
import { house } from './house.ts'

async function stage() {
  const { admin } = house()
  await admin.domains.add({ name: 'facteur.test' })
  await admin.accounts.add({ address: 'alice@facteur.test', password: 'correct horse' })
  return admin.rules
}

const drop: Rule = { name: 'drop', do: { discard: true } }

describe('rules of a domain', () => {
  test('are kept in their order and canonical form; the same again changes nothing', async () => {
    const rules = await stage()
    expect(await rules.list('facteur.test')).toEqual({ version: 0, rules: [] })
    const wanted: Rule[] = [{ name: 'a', do: { redirect: ['x@Bücher.example'] } }, drop]
    const first = await rules.replace('Facteur.Test', wanted)
    expect(first.rules).toEqual([{ name: 'a', do: { redirect: ['x@xn--bcher-kva.example'] } }, drop])
    expect(first.changes).toEqual([
      '+ a: {"do":{"redirect":["x@xn--bcher-kva.example"]}}',
      '+ drop: {"do":{"discard":true}}',
    ])
    expect(await rules.replace('facteur.test', wanted, first.version)).toEqual({ ...first, changes: [] })
  })

  test('are not overwritten when somebody changed them meanwhile', async () => {
    const rules = await stage()
    const { version } = await rules.replace('facteur.test', [drop], 0)
    const next = await rules.replace('facteur.test', [], version)
    expect(next).toEqual({ version: 0, rules: [], changes: ['- drop'] })
    await expect(rules.replace('facteur.test', [drop], version)).rejects.toMatchObject({
      fault: 'conflict',
      message: expect.stringContaining('changed meanwhile'),
    })
  })

  test('are those of hosted domains only', async () => {
    const rules = await stage()
    const missing = { fault: 'missing', message: expect.stringContaining('elsewhere.test is not hosted here') }
    await expect(rules.replace('elsewhere.test', [drop])).rejects.toMatchObject(missing)
    await expect(rules.list('elsewhere.test')).rejects.toMatchObject(missing)
    await expect(rules.check('elsewhere.test', [drop])).rejects.toMatchObject(missing)
  })

  test('are checked without being kept, and shown in the form that would be', async () => {
    const rules = await stage()
    const { version } = await rules.replace('facteur.test', [drop])
    const wanted: Rule[] = [{ name: 'a', do: { copy: ['x@Bücher.example'] } }]
    expect(await rules.check('facteur.test', wanted)).toEqual({
      version,
      rules: [{ name: 'a', do: { copy: ['x@xn--bcher-kva.example'] } }],
    })
    await expect(rules.check('facteur.test', [{ name: 'a', do: { copy: ['nobody'] } }])).rejects.toMatchObject({
      place: 'rules/0/do/copy/0',
    })
    expect(await rules.list('facteur.test')).toEqual({ version, rules: [drop] })
  })

  test.each<[string, Rule[], RegExp]>([
    ['two of one name', [drop, drop], /rules\/1\/name" is "drop" again/],
    [
      'two fates',
      [{ name: 'a', do: { discard: true, redirect: ['a@b.test'] } }],
      /rules\/0\/do\/discard" cannot be beside/,
    ],
    ['nothing to do', [{ name: 'a', do: {} }], /rules\/0\/do" does nothing/],
    [
      'an address that is none',
      [{ name: 'a', do: { copy: ['a@b.test', 'nobody'] } }],
      /rules\/0\/do\/copy\/1": .*not an address/,
    ],
    [
      'a way that there is not',
      [drop, { name: 'a', do: { relay: ['nowhere'] } }],
      /rules\/1\/do\/relay\/0": there is no agent/,
    ],
    [
      'a way with a password',
      [{ name: 'a', do: { relay: ['smtp://u:p@a.test'] } }],
      /rules\/0\/do\/relay\/0": a route holds no password/,
    ],
    ['a keyword that is none', [{ name: 'a', do: { tag: ['two words'] } }], /rules\/0\/do\/tag\/0" is no keyword/],
    ['a mailbox without a name', [{ name: 'a', do: { file: 'A//B' } }], /rules\/0\/do\/file" must be names/],
    [
      'conditions without end',
      [{ name: 'a', when: nested(9), do: { discard: true } }],
      /rules\/0\/when" has conditions more than 8 deep/,
    ],
    ['too many', Array.from({ length: 2_001 }, (_, n) => ({ ...drop, name: `r${n}` })), /more than 2000/],
  ])('%s: the place is told, and nothing is kept', async (_, wanted, message) => {
    const rules = await stage()
    const place = /^rules[\w/]*/.exec(message.source.replaceAll('\\/', '/'))?.[0] ?? 'rules'
    await expect(rules.replace('facteur.test', wanted)).rejects.toMatchObject({
      message: expect.stringMatching(message),
      place,
    })
    expect((await rules.list('facteur.test')).rules).toEqual([])
  })

  test('say what they would do with a message, in order, and why', async () => {
    const rules = await stage()
    await rules.replace('facteur.test', [
      { name: 'reports', when: { sender: '<>', recipient: 'alice' }, do: { discard: true } },
      { name: 'bills', when: { header: { name: 'subject', value: 'bill *' } }, do: { file: 'Bills' }, stop: true },
      drop,
    ])
    const question = { from: 'eve@outside.test', to: 'Alice@facteur.test' }
    expect(await rules.test({ ...question, message: 'Subject: Bill 7\r\n\r\n' })).toMatchObject({
      rules: [
        { name: 'reports', fits: false, asked: true, conditions: { sender: false, recipient: true } },
        { name: 'bills', fits: true, asked: true, conditions: { header: true } },
        { name: 'drop', fits: true, asked: false, conditions: {} },
      ],
      resolution: { kind: 'route', destinations: [{ kind: 'mailbox', marks: { mailbox: 'Bills' } }] },
    })
    expect((await rules.test({ ...question, from: '<>' })).resolution).toMatchObject({ discarded: true })
  })

  test('are tried with the size of a message of which only the header is shown', async () => {
    const rules = await stage()
    await rules.replace('facteur.test', [{ name: 'large', when: { size: { over: 1_000 } }, do: { discard: true } }])
    const question = { from: 'eve@outside.test', to: 'alice@facteur.test', message: 'Subject: x\r\n\r\n' }
    expect((await rules.test(question)).rules).toMatchObject([{ fits: false }])
    expect((await rules.test({ ...question, size: 1_001 })).rules).toMatchObject([{ fits: true }])
  })

  test.each([
    [{ from: 'nonsense', to: 'alice@facteur.test' }, 'from'],
    [{ from: '<>', to: 'alice' }, 'to'],
  ])('are not tried with %j: the place is told', async (question, place) => {
    const rules = await stage()
    await expect(rules.test(question)).rejects.toMatchObject({ fault: 'invalid', place })
  })
})

function nested(depth: number): NonNullable<Rule['when']> {
  return depth === 1 ? { recipient: 'x' } : { not: nested(depth - 1) }
}
