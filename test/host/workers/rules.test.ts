import { beforeAll, describe, expect, it, vi } from 'vitest'
import published from '../../../docs/rules.schema.json?raw'
import { ruleFile, ruleSchema } from '../../../src/host/http/api/rule-shapes.ts'
import { DomainObject } from '../../../src/host/workers/index.ts'
import {
  adminToken,
  basic,
  envelope,
  fromOutside,
  furnish,
  jmap,
  LinkClient,
  message,
  request,
  resultOf,
  subjects,
} from './house.ts'
import { ruleExamples } from '../../access/admin/rule-examples.ts'

let ids: Record<string, string>
let link: LinkClient

beforeAll(async () => {
  ids = await furnish('ruled.test', ['alice', 'archive'])
  await furnish('plain.test', ['bob'])
  link = await LinkClient.open()
})

async function api(method: string, path: string, body?: object, token = adminToken) {
  const response = await request(`/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: await response.json<Record<string, unknown>>() }
}

const setRules = (rules: unknown, token?: string) => api('PUT', '/domains/ruled.test/rules', { rules }, token)
const deliver = (to: string, subject: string) =>
  link.deliver(envelope('eve@outside.test', to), message({ subject, to }), fromOutside)

describe('rules', () => {
  it('file and tag what is delivered, in a mailbox that they make, and copy it', async () => {
    const rules = [
      { name: 'keep', when: { not: { recipient: 'archive' } }, do: { copy: ['archive@ruled.test'] } },
      {
        name: 'bills',
        when: { header: { name: 'Subject', value: 'bill*' } },
        do: { tag: ['bill'], file: 'Money/Bills' },
      },
    ]
    expect(await setRules(rules)).toMatchObject({ status: 200, body: { rules } })
    expect(await deliver('alice@ruled.test', 'Bill 7')).toMatchObject({ code: 250 })
    expect(await deliver('alice@ruled.test', 'Bill 8')).toMatchObject({ code: 250 })
    const authorization = basic('alice@ruled.test')
    const accountId = ids.alice
    const answers = await jmap(authorization, [
      ['Mailbox/get', { accountId }, 'm'],
      ['Email/query', { accountId, filter: { hasKeyword: 'bill' } }, 'q'],
      ['Email/get', { accountId, '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' } }, 'g'],
    ])
    const mailboxes = resultOf<{ list: { id: string; name: string; parentId: string | null }[] }>(answers, 'm').list
    const bills = mailboxes.find(({ name }) => name === 'Bills')
    expect(mailboxes.find(({ id }) => id === bills?.parentId)?.name).toBe('Money')
    const emails = resultOf<{ list: { mailboxIds: object }[] }>(answers, 'g').list
    expect(emails.map(({ mailboxIds }) => Object.keys(mailboxIds))).toEqual([[bills?.id], [bills?.id]])
    expect(await subjects(ids.archive as string, basic('archive@ruled.test'))).toEqual(['Bill 8', 'Bill 7'])
  })

  it('refuse at RCPT what the envelope shows, and welcome addresses that only they know', async () => {
    await setRules([
      { name: 'no', when: { recipient: 'secret' }, do: { reject: { text: 'Not for you' } } },
      { name: 'team', when: { recipient: 'team-*' }, do: { redirect: ['alice@ruled.test'] } },
    ])
    expect(await link.recipient('secret@ruled.test')).toMatchObject({ code: 550, text: 'Not for you' })
    expect(await link.recipient('team-7@ruled.test')).toMatchObject({ code: 250 })
    expect(await link.recipient('nobody@ruled.test')).toMatchObject({ code: 550, enhanced: '5.1.1' })
    await setRules([])
    expect(await link.recipient('team-7@ruled.test')).toMatchObject({ code: 550 })
  })

  it('are read once for many messages, and not at all of a domain without any', async () => {
    const read = vi.spyOn(DomainObject.prototype, 'rules')
    for (let n = 0; n < 3; n++) await deliver('bob@plain.test', `Plain ${n}`)
    expect(read).not.toHaveBeenCalled()
    await setRules([{ name: 'tag', do: { tag: ['x'] } }])
    read.mockClear()
    for (let n = 0; n < 3; n++) await deliver('alice@ruled.test', `Ruled ${n}`)
    expect(read).toHaveBeenCalledTimes(1)
    read.mockRestore()
  })

  it('are tried without sending anything', async () => {
    await setRules([{ name: 'drop', when: { sender: '*@outside.test' }, do: { discard: true } }])
    const answer = await api('POST', '/rules/test', { from: 'eve@outside.test', to: 'alice@ruled.test' })
    expect(answer).toMatchObject({
      status: 200,
      body: { rules: [{ name: 'drop', fits: true, conditions: { sender: true } }], resolution: { discarded: true } },
    })
  })
})

describe('a wrong rule is refused with its place, and nothing of the list is kept:', () => {
  const name = 'a'
  it.each<[string, object, string, string]>([
    ['no name', { do: {} }, '#/rules/1/name', 'is missing'],
    ['no action', { name }, '#/rules/1/do', 'is missing'],
    [
      'an action that there is not',
      { name, do: { forward: ['a@b.test'] } },
      '#/rules/1/do/forward',
      'is not known here',
    ],
    [
      'a condition that there is not',
      { name, when: { from: 'x' }, do: {} },
      '#/rules/1/when/from',
      'is not known here',
    ],
    [
      'a condition within others',
      { name, when: { any: [{ not: { size: 5 } }] }, do: {} },
      '#/rules/1/when/any/0/not/size',
      '',
    ],
    ['a list without an entry', { name, do: { redirect: [] } }, '#/rules/1/do/redirect', ''],
    [
      'a result that there is not',
      { name, when: { authentication: { spf: ['good'] } }, do: {} },
      '#/rules/1/when/authentication/spf/0',
      '',
    ],
    ['a code that is no refusal', { name, do: { reject: { code: 250, text: 'x' } } }, '#/rules/1/do/reject/code', ''],
    [
      'a code that ends connections (RFC 5321 §3.8)',
      { name, do: { reject: { code: 421, text: 'x' } } },
      '#/rules/1/do/reject/code',
      'not 421',
    ],
    [
      'a code that is none (RFC 5321 §4.2.1)',
      { name, do: { reject: { code: 499, text: 'x' } } },
      '#/rules/1/do/reject/code',
      '400 to 459',
    ],
    [
      'a text that not every client understands (RFC 5321 §4.2)',
      { name, do: { reject: { text: 'Größe' } } },
      '#/rules/1/do/reject/text',
      'ASCII',
    ],
    ['a condition that says nothing', { name, when: {}, do: {} }, '#/rules/1/when', 'must have one of recipient'],
    [
      'a size that says nothing',
      { name, when: { size: {} }, do: {} },
      '#/rules/1/when/size',
      'must have one of over, under',
    ],
    [
      'a text of two lines',
      { name, do: { reject: { text: 'a\r\nb' } } },
      '#/rules/1/do/reject/text',
      'must be one line of ASCII',
    ],
    ['discard: false', { name, do: { discard: false } }, '#/rules/1/do/discard', ''],
    [
      'a field that is none',
      { name, when: { header: { name: 'Sub ject' } }, do: {} },
      '#/rules/1/when/header/name',
      'must be the name',
    ],
  ])('%s', async (_, rule, pointer, detail) => {
    await setRules([])
    const answer = await setRules([{ name: 'fine', do: { discard: true } }, rule])
    expect(answer.status).toBe(400)
    expect(answer.body.errors).toContainEqual({ pointer, detail: expect.stringContaining(detail) })
    expect((await api('GET', '/domains/ruled.test/rules')).body).toEqual({ version: 0, rules: [] })
    const wanted = { rules: [{ name: 'fine', do: { discard: true } }, rule] }
    const checked = await api('POST', '/domains/ruled.test/rules/check', wanted)
    expect(checked.body).toEqual(answer.body)
  })

  it('one that contradicts itself', async () => {
    const answer = await setRules([{ name, do: { discard: true, redirect: ['alice@ruled.test'] } }])
    const detail = expect.stringContaining('"rules/0/do/discard" cannot')
    expect(answer).toMatchObject({ status: 400, body: { detail, errors: [{ pointer: '#/rules/0/do/discard' }] } })
  })

  it.each([9, 500, 20_000])('conditions %d deep', async (depth) => {
    const when = `${'{"not":'.repeat(depth - 1)}{"recipient":"x"}${'}'.repeat(depth - 1)}`
    const response = await request('/v1/domains/ruled.test/rules', {
      method: 'PUT',
      headers: { Authorization: `Bearer ${adminToken}` },
      body: `{"rules":[{"name":"a","when":${when},"do":{"discard":true}}]}`,
    })
    expect([response.status, (await response.json<{ detail: string }>()).detail]).toEqual([
      400,
      expect.stringMatching(/more than 8 deep|nested too deep/),
    ])
  })

  it('a text that is no JSON: with the place where that ends', async () => {
    const response = await request('/v1/domains/ruled.test/rules', {
      method: 'PUT',
      headers: { Authorization: `Bearer ${adminToken}` },
      body: '{"rules": [{"name": "a",,}]}',
    })
    expect([response.status, await response.json<{ detail: string }>()]).toMatchObject([
      400,
      { detail: expect.stringMatching(/^the body is not JSON: .*position 24/) },
    ])
  })
})

describe('a token for a part of the house', () => {
  const relayed = { name: 'away', do: { relay: ['smtp://192.0.2.9:2525'] } }

  it('changes rules of its domain, but not where mail is relayed to', async () => {
    const made = await api('POST', '/tokens', {
      name: 'ruled',
      scopes: ['rules:read', 'rules:write'],
      domains: ['ruled.test'],
    })
    const { token } = made.body as { token: string }
    await setRules([relayed])
    expect(await setRules([{ name: 'tag', do: { tag: ['x'] } }, relayed], token)).toMatchObject({ status: 200 })
    const other = { name: 'away', do: { relay: ['smtp://192.0.2.9:25'] } }
    expect(await setRules([other], token)).toMatchObject({ status: 403 })
    expect(await api('PUT', '/domains/plain.test/rules', { rules: [] }, token)).toMatchObject({ status: 403 })
    const question = { from: 'a@b.test', to: 'bob@plain.test' }
    expect(await api('POST', '/rules/test', question, token)).toMatchObject({ status: 403 })
    await setRules([])
  })

  it('does not see by a test where mail goes in domains of others', async () => {
    await api('PUT', '/aliases/team@plain.test', { targets: ['bob@plain.test', 'secret@outside.test'] })
    await api('PUT', '/domains/plain.test/rules', { rules: [{ name: 'theirs', do: { tag: ['x'] } }] })
    const scopes = ['rules:read', 'rules:write']
    const made = await api('POST', '/tokens', { name: 'ruled', scopes, domains: ['ruled.test'] })
    const { token } = made.body as { token: string }
    await setRules([{ name: 'away', do: { redirect: ['team@plain.test', 'alice@ruled.test'] } }], token)
    const question = { from: 'a@b.test', to: 'x@ruled.test' }
    const { body } = await api('POST', '/rules/test', question, token)
    expect(body.resolution).toMatchObject({
      destinations: [
        { kind: 'relay', address: 'team@plain.test' },
        { kind: 'mailbox', address: 'alice@ruled.test' },
      ],
    })
    expect(JSON.stringify(body)).not.toMatch(/secret|bob|theirs/)
    expect(JSON.stringify((await api('POST', '/rules/test', question)).body)).toMatch(/secret.*theirs/)
    await setRules([])
    await api('PUT', '/domains/plain.test/rules', { rules: [] })
  })
})

describe('docs/rules.schema.json', () => {
  it('is what the API checks by', () => {
    expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(ruleSchema())))
  })

  it.each(ruleExamples)('says the same as the API of %j: %s', (rule, isRight) => {
    expect(ruleFile.safeParse({ rules: [rule] }).success).toBe(isRight)
  })
})
