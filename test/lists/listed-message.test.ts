/** What a list writes on a message, and what it leaves alone (RFC 2369, RFC 2919, RFC 8058). */
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeUtf8, fromLatin1, parseHeader, prependFields } from '../../src/format/index.ts'
import { letter, newSigner, now, published, sign, type Signer, verify } from '../protocol/dkim/world.ts'
import { ListWorld } from './world.ts'

async function listed(world: ListWorld, from: string, fields = '', body?: string): Promise<string> {
  const outcome = world.post(from, { fields, ...(body === undefined ? {} : { body }) })
  expect(outcome).toEqual({ status: 'delivered' })
  await world.settle()
  return world.sent[0]!.raw
}

const header = (raw: string) => parseHeader(fromLatin1(raw)).header
const open = (settings = {}) => new ListWorld({ posting: 'anyone', ...settings }, 'ann@one.test')

describe('the list’s own fields', () => {
  test('name it, and tell how to write to it, ask, and leave', async () => {
    const world = open()
    const fields = header(await listed(world, 'cem@facteur.test'))
    const token = world.tokenOf('ann@one.test')
    expect(fields.first('List-Id')).toBe('"Developers" <dev.facteur.test>')
    expect(fields.first('List-Post')).toBe('<mailto:dev@facteur.test>')
    expect(fields.first('List-Owner')).toBe('<mailto:dev-owner@facteur.test>')
    expect(fields.first('Precedence')).toBe('list')
    expect(fields.first('List-Unsubscribe')?.split(/, */)).toEqual([
      `<https://mail.facteur.test/lists/unsubscribe?list=dev%40facteur.test&token=${token}>`,
      `<mailto:dev-unsubscribe+${token}@facteur.test>`,
    ])
    expect(fields.first('List-Unsubscribe-Post')).toBe('List-Unsubscribe=One-Click')
  })

  test('without a web server there is no promise of one click', async () => {
    const world = open()
    world.webUrl = undefined
    world.list = world.open()
    const fields = header(await listed(world, 'cem@facteur.test'))
    expect(fields.has('List-Unsubscribe-Post')).toBe(false)
    expect(fields.first('List-Unsubscribe')).toBe(
      `<mailto:dev-unsubscribe+${world.tokenOf('ann@one.test')}@facteur.test>`,
    )
  })

  test('take the place of another list’s, and stand once', async () => {
    const other =
      'List-Id: <other.test>\r\nList-Post: <mailto:o@other.test>\r\nPrecedence: bulk\r\nList-Archive: <http://x>\r\n'
    const raw = await listed(open(), 'cem@facteur.test', other)
    expect(raw).not.toMatch(/other\.test|List-Archive|bulk/)
    expect(raw.match(/^List-Id:/gm)).toHaveLength(1)
  })

  test('say NO where only owners write (RFC 2369 §3.4)', async () => {
    const world = new ListWorld({ posting: 'owners' }, 'ann@one.test')
    expect(header(await listed(world, 'olga@facteur.test')).first('List-Post')).toBe('NO')
  })

  test('no receipts are asked for in the name of the author', async () => {
    const raw = await listed(open(), 'cem@facteur.test', 'Disposition-Notification-To: cem@facteur.test\r\n')
    expect(raw).not.toContain('Disposition-Notification-To')
  })

  test('lines stay within 998 octets, whatever the list is called', async () => {
    const raw = await listed(open({ name: 'Ö'.repeat(400) }), 'eve@outside.test')
    expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThan(998)
  })
})

describe('From', () => {
  test('is left alone for our own people: their domain signs', async () => {
    expect(header(await listed(open(), 'Cem <cem@facteur.test>')).first('From')).toBe('Cem <cem@facteur.test>')
  })

  test('is the list’s, in the name of an author whose domain will not vouch for the copy (RFC 7960 §4.1.3.3)', async () => {
    const fields = header(await listed(open(), '"Eve" <eve@outside.test>'))
    expect(fields.first('From')).toBe('Eve via Developers <dev@facteur.test>')
    expect(fields.first('Reply-To')).toBe('Eve <eve@outside.test>')
  })

  test('is left alone when the author’s domain has signed, as we found on arrival', async () => {
    const found = 'Authentication-Results: mx.facteur.test;\r\n\tdkim=pass header.d=outside.test header.s=a\r\n'
    const fields = header(await listed(open(), 'eve@mail.outside.test', found))
    expect(fields.first('From')).toBe('eve@mail.outside.test')
  })

  test.each([
    ['another’s word', 'Authentication-Results: mx.other.test; dkim=pass header.d=outside.test\r\n'],
    ['a failure', 'Authentication-Results: mx.facteur.test; dkim=fail header.d=outside.test\r\n'],
    ['another domain', 'Authentication-Results: mx.facteur.test; dkim=pass header.d=side.test\r\n'],
    [
      'an older hop',
      'Received: from x\r\nAuthentication-Results: mx.facteur.test; dkim=pass header.d=outside.test\r\n',
    ],
  ])('%s is not enough', async (_, found) => {
    expect(header(await listed(open(), 'eve@outside.test', found)).first('From')).toContain('dev@facteur.test')
  })

  test('a Reply-To of the author’s stays', async () => {
    const fields = header(await listed(open(), 'eve@outside.test', 'Reply-To: other@outside.test\r\n'))
    expect(fields.all('Reply-To')).toEqual(['other@outside.test'])
  })

  test('answers go to the list where it is set so', async () => {
    const fields = header(await listed(open({ answersTo: 'list' }), 'cem@facteur.test', 'Reply-To: cem@home.test\r\n'))
    expect(fields.all('Reply-To')).toEqual(['Developers <dev@facteur.test>'])
    expect(fields.first('From')).toBe('cem@facteur.test')
  })
})

describe('a signature of the author’s', () => {
  let signer: Signer
  beforeAll(async () => {
    signer = await newSigner('rsa-sha256')
  })

  const plain = encodeUtf8('From: Anna <anna@example.com>\r\nTo: dev@facteur.test\r\nSubject: Hi\r\n\r\nHello \r\n')
  const found = 'Authentication-Results: mx.facteur.test; dkim=pass header.d=example.com\r\n'

  async function copyOf(signed: Uint8Array) {
    const world = open()
    const raw = prependFields(signed, [found])
    expect(world.deliver({ raw, reversePath: 'a@example.com', list: 'post' })).toEqual({ status: 'delivered' })
    await world.settle()
    return fromLatin1(world.sent[0]!.raw)
  }

  test('holds on the copy: body and signed fields are untouched', async () => {
    const copy = await copyOf(await sign(plain, signer))
    expect(parseHeader(copy).header.first('From')).toBe('Anna <anna@example.com>')
    expect(await verify(copy, published(signer, 'example.com'), now)).toMatchObject([{ status: 'pass' }])
  })

  test('is not relied on where fields of another list are taken out: they were signed', async () => {
    const copy = await copyOf(await sign(letter, signer))
    expect(parseHeader(copy).header.first('From')).toBe('Anna via Developers <dev@facteur.test>')
  })
})
