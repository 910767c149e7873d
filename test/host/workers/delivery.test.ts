import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { AccountObject } from '../../../src/host/workers/index.ts'
import {
  account,
  admin,
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

let ids: Record<string, string>
let link: LinkClient

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice', 'bob'])
  link = await LinkClient.open()
})

describe('the link', () => {
  it('greets a bridge with what it must know', async () => {
    const hello = await link.call<Record<string, unknown>>({ op: 'hello', name: 'test', version: '1' })
    expect(hello).toMatchObject({ hostname: 'mail.facteur.test', maxRequests: 300 })
    expect(hello.maxMessageSize).toBe(26_214_400)
  })

  it.each([
    ['an account', 'alice@facteur.test', 250, '2.1.5'],
    ['an account in another case', 'Alice@FACTEUR.test', 250, '2.1.5'],
    ['a subaddress (RFC 5233)', 'alice+news@facteur.test', 250, '2.1.5'],
    ['nobody (RFC 5321 §3.3)', 'nobody@facteur.test', 550, '5.1.1'],
    ['a foreign domain: no open relay (RFC 5321 §7.9)', 'x@elsewhere.test', 550, '5.7.1'],
  ])('answers RCPT for %s', async (_, address, code, enhanced) => {
    expect(await link.recipient(address)).toMatchObject({ code, enhanced })
  })

  it('lets an authenticated sender relay, in its own name only (RFC 6409 §6.1)', async () => {
    const submission = { ...fromOutside, kind: 'submission', protocol: 'ESMTPSA', accountId: ids.alice }
    expect(await link.recipient('x@elsewhere.test', submission)).toMatchObject({ code: 250 })
    const sender = (address: string) => link.call({ op: 'sender', accountId: ids.alice, address })
    expect(await sender('alice@facteur.test')).toMatchObject({ reply: { code: 250 } })
    expect(await sender('bob@facteur.test')).toMatchObject({ reply: { code: 553, enhanced: '5.7.1' } })
  })

  it('authenticates a submission client', async () => {
    expect(await logIn('alice@facteur.test', 'correct horse battery')).toEqual({
      ok: true,
      accountId: ids.alice,
      address: 'alice@facteur.test',
    })
    expect(await logIn('alice@facteur.test', 'wrong')).toMatchObject({ ok: false, temporary: false })
  })

  it('takes a bare login name while one domain is hosted', async () => {
    expect(await logIn('bob', 'correct horse battery')).toMatchObject({ ok: true, accountId: ids.bob })
  })

  it.each([
    ['an unknown operation', { op: 'nonsense' }],
    ['a head that is no object', []],
    ['a recipient without an address', { op: 'recipient', reversePath: '', recipient: {}, origin: fromOutside }],
    ['an envelope without recipients', { op: 'deliver', envelope: envelope(''), origin: fromOutside }],
    ['an envelope on the prototype', JSON.parse('{"op":"deliver","__proto__":{"envelope":{}}}') as object],
  ])('answers %s with an error, and goes on', async (_, head) => {
    expect(await link.call(head)).toHaveProperty('error')
    expect(await link.recipient('alice@facteur.test')).toMatchObject({ code: 250 })
  })

  it('answers what came together in one message, and commits it in one call for each account', async () => {
    await furnish('busy.test', ['carol'])
    await link.recipient('carol@busy.test')
    const start = link.messages
    await Promise.all(Array.from({ length: 32 }, () => link.recipient('carol@busy.test')))
    expect(link.messages - start).toBe(1)
    const calls = vi.spyOn(AccountObject.prototype, 'deliver')
    const to = envelope('eve@outside.test', 'carol@busy.test')
    await Promise.all(Array.from({ length: 32 }, (_, n) => link.deliver(to, message({ subject: `Letter ${n}` }))))
    expect(calls.mock.calls.map(([batch]) => batch.length)).toEqual([32])
    expect(link.messages - start).toBe(2)
    calls.mockRestore()
  })

  it('closes on bytes that are no frames', async () => {
    for (const broken of ['text', new Uint8Array([1, 2, 3])]) {
      const other = await LinkClient.open()
      other.send(broken)
      expect(await other.closed).toBe(1008)
    }
  })
})

describe('a delivered message', () => {
  it('is in the inbox, byte for byte below its trace header, when the link answers', async () => {
    const raw = message({ subject: 'First', body: 'line\r\n.\r\nlone dot' })
    const reply = await link.deliver(envelope('eve@outside.test', 'alice@facteur.test'), raw)
    expect(reply).toMatchObject({ code: 250, enhanced: '2.0.0' })
    const authorization = basic('alice@facteur.test')
    expect(await subjects(ids.alice as string, authorization)).toEqual(['First'])

    const answers = await jmap(authorization, [
      ['Email/query', { accountId: ids.alice, filter: { subject: 'First' } }, 'q'],
      ['Email/get', { accountId: ids.alice, properties: ['blobId'], '#ids': ref('q') }, 'g'],
    ])
    const blobId = resultOf<{ list: { blobId: string }[] }>(answers, 'g').list[0]?.blobId as string
    const blob = await request(`/jmap/download/${ids.alice}/${blobId}/mail.eml?accept=message/rfc822`, {
      headers: { Authorization: authorization },
    })
    expect(blob.status).toBe(200)
    expect(blob.headers.get('content-disposition')).toContain('attachment')
    const stored = await blob.text()
    expect(stored.endsWith(new TextDecoder().decode(raw))).toBe(true)
    expect(stored).toMatch(/^Return-Path: <eve@outside\.test>\r\n/)
    expect(stored).toMatch(/^Delivered-To: alice@facteur\.test\r$/m)
    expect(stored).toMatch(/^Received: from mx\.outside\.test/m)
  })

  it('reaches every recipient of one envelope', async () => {
    const raw = message({ subject: 'For both' })
    const reply = await link.deliver(envelope('eve@outside.test', 'alice@facteur.test', 'bob@facteur.test'), raw)
    expect(reply.code).toBe(250)
    expect(await subjects(ids.alice as string, basic('alice@facteur.test'))).toContain('For both')
    expect(await subjects(ids.bob as string, basic('bob@facteur.test'))).toContain('For both')
  })

  it('may be larger than one frame', async () => {
    const raw = message({ subject: 'Large', body: 'x'.repeat(70).concat('\r\n').repeat(40_000) })
    expect(raw.length).toBeGreaterThan(2 * 1024 * 1024)
    const reply = await link.deliver(envelope('eve@outside.test', 'bob@facteur.test'), raw)
    expect(reply.code).toBe(250)
    expect(await subjects(ids.bob as string, basic('bob@facteur.test'))).toContain('Large')
  })

  it('of exactly the size that the bridge announces is stored: our trace fields do not count (RFC 1870 §5)', async () => {
    const empty = message({ subject: 'full size', body: '' }).length
    const raw = message({ subject: 'full size', body: 'x'.repeat(26_214_400 - empty) })
    expect(raw).toHaveLength(26_214_400)
    expect(await link.deliver(envelope('eve@outside.test', 'alice@facteur.test'), raw)).toMatchObject({ code: 250 })
    expect(await subjects(ids.alice as string, basic('alice@facteur.test'))).toContain('full size')
  })

  it('follows an alias and a catch-all that were set a moment ago', async () => {
    await admin('PUT', '/aliases/team@facteur.test', { targets: ['alice@facteur.test', 'bob@facteur.test'] })
    expect((await link.deliver(envelope('e@x.test', 'team@facteur.test'), message({ subject: 'Team' }))).code).toBe(250)
    expect(await subjects(ids.alice as string, basic('alice@facteur.test'))).toContain('Team')
    expect(await subjects(ids.bob as string, basic('bob@facteur.test'))).toContain('Team')
    await admin('PUT', '/aliases/*@facteur.test', { targets: ['bob@facteur.test'] })
    expect(await link.recipient('anyone@facteur.test')).toMatchObject({ code: 250 })
    await admin('DELETE', '/aliases/*@facteur.test')
    expect(await link.recipient('anyone@facteur.test')).toMatchObject({ code: 550 })
  })

  it('is refused in the dialogue for an account that was removed', async () => {
    await furnish('facteur.test', ['gone'])
    expect(await link.recipient('gone@facteur.test')).toMatchObject({ code: 250 })
    expect(await admin('DELETE', '/accounts/gone@facteur.test')).toMatchObject({ status: 204 })
    expect(await link.recipient('gone@facteur.test')).toMatchObject({ code: 550 })
  })

  it('wakes an event source (RFC 8620 §7.3)', async () => {
    const response = await request('/jmap/eventsource?types=*&closeafter=state&ping=0', {
      headers: { Authorization: basic('alice@facteur.test') },
    })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
    expect((await reader.read()).value).toMatch(/^: subscribed\nid: \d+\n\n$/)
    await link.deliver(envelope('e@x.test', 'alice@facteur.test'), message({ subject: 'Push' }))
    let text = ''
    for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value
    expect(text).toMatch(/^event: state\nid: \d+\ndata: \{/)
    const change = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? '') as { changed: Record<string, object> }
    expect(change.changed[ids.alice as string]).toHaveProperty('EmailDelivery')
  })
})

describe('an event source', () => {
  it('lives through the eviction of its object, and is told on return what it missed (RFC 8620 §7.3)', async () => {
    const headers = { Authorization: basic('bob@facteur.test') }
    const stream = await request('/jmap/eventsource?types=Email&closeafter=no&ping=0', { headers })
    const reader = (stream.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader()
    const subscribed = (await reader.read()).value ?? ''
    await evictDurableObject(account(ids.bob as string))
    await link.deliver(envelope('e@x.test', 'bob@facteur.test'), message({ subject: 'Awake' }))
    expect((await reader.read()).value).toMatch(/^event: state\n.*\ndata: .*"Email":"\d+"/)
    await reader.cancel()

    const seen = /id: (\d+)/.exec(subscribed)?.[1] as string
    const again = await request('/jmap/eventsource?types=Email&closeafter=state&ping=0', {
      headers: { ...headers, 'Last-Event-ID': seen },
    })
    expect(await again.text()).toMatch(/event: state\n/)
  })
})

describe('cost (architecture §4)', () => {
  it.each([
    ['4 KB', 4 * 1024],
    ['50 KB', 50 * 1024],
  ])('writes at most 5 rows for a message of %s, its blob included, and sets no alarm', async (_, size) => {
    const one = account(ids.bob as string)
    const to = envelope('eve@outside.test', 'bob@facteur.test')
    const body = 'All work and no play makes Jack a dull boy.\r\n'.repeat(size / 45)
    await link.deliver(to, message({ subject: 'warm-up', body }))
    const before = await one.rowsWritten()
    await link.deliver(to, message({ subject: 'counted', body }))
    const rows = (await one.rowsWritten()) - before
    expect(rows).toBeGreaterThan(0)
    expect(rows).toBeLessThanOrEqual(5)
    expect(await runInDurableObject(one, (_, state) => state.storage.getAlarm())).toBeNull()
  })

  it('commits messages that arrive together in fewer calls than messages', async () => {
    const to = envelope('eve@outside.test', 'bob@facteur.test')
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, index) => link.deliver(to, message({ subject: `burst ${index}` }))),
    )
    expect(replies.every((reply) => reply.code === 250)).toBe(true)
    const found = await subjects(ids.bob as string, basic('bob@facteur.test'))
    expect(found.filter((subject) => subject.startsWith('burst '))).toHaveLength(100)
  })
})

describe('a submission by JMAP (RFC 8621 §7)', () => {
  it('reaches another account here, and oneself', async () => {
    const authorization = basic('alice@facteur.test')
    const id = ids.alice as string
    const first = await jmap(authorization, [
      ['Identity/get', { accountId: id }, 'i'],
      ['Mailbox/query', { accountId: id, filter: { role: 'drafts' } }, 'm'],
    ])
    const identityId = resultOf<{ list: { id: string }[] }>(first, 'i').list[0]?.id
    const drafts = resultOf<{ ids: string[] }>(first, 'm').ids[0] as string
    const sent = await jmap(authorization, [
      [
        'Email/set',
        {
          accountId: id,
          create: {
            draft: {
              mailboxIds: { [drafts]: true },
              keywords: { $draft: true },
              from: [{ email: 'alice@facteur.test' }],
              to: [{ email: 'bob@facteur.test' }],
              cc: [{ email: 'alice@facteur.test' }],
              subject: 'By JMAP',
              bodyStructure: { type: 'text/plain', partId: 't' },
              bodyValues: { t: { value: 'Hello' } },
            },
          },
        },
        'e',
      ],
      ['EmailSubmission/set', { accountId: id, create: { s: { identityId, emailId: '#draft' } } }, 's'],
    ])
    expect(resultOf(sent, 's')).toMatchObject({ created: { s: {} } })
    expect(await subjects(ids.bob as string, basic('bob@facteur.test'))).toContain('By JMAP')
    const own = await subjects(id, authorization)
    expect(own.filter((subject) => subject === 'By JMAP')).toHaveLength(2)
  })
})

function logIn(login: string, password: string): Promise<unknown> {
  return link.call({ op: 'authenticate', service: 'submission', login, password, clientAddress: '192.0.2.9' })
}

function ref(call: string): object {
  return { resultOf: call, name: 'Email/query', path: '/ids' }
}
