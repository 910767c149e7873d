import { beforeAll, describe, expect, it } from 'vitest'
import { admin, basic, envelope, furnish, jmap, LinkClient, message, openSession, resultOf } from './house.ts'

let ids: Record<string, string>
let link: LinkClient
const path = '/accounts/alice@full.test'

beforeAll(async () => {
  ids = await furnish('full.test', ['alice'])
  link = await LinkClient.open()
})

const deliver = (size: number) =>
  link.deliver(
    envelope('eve@outside.test', 'alice@full.test'),
    message({
      to: 'alice@full.test',
      subject: 'Size',
      body: 'x'
        .repeat(70)
        .concat('\r\n')
        .repeat(size / 72),
    }),
  )

describe('a quota that the administrator sets (RFC 9425, RFC 9208)', () => {
  it('is shown, and refuses nonsense', async () => {
    expect(await admin('PUT', `${path}/quota`, { bytes: 20_000 })).toMatchObject({ status: 204 })
    expect(await admin('GET', path)).toMatchObject({ body: { quota: 20_000 } })
    expect(await admin('PUT', `${path}/quota`, { bytes: 'much' })).toMatchObject({ status: 400 })
    const answers = await jmap(
      basic('alice@full.test'),
      [['Quota/get', { accountId: ids.alice, ids: null }, 'q']],
      ['urn:ietf:params:jmap:quota'],
    )
    expect(resultOf<{ list: object[] }>(answers, 'q').list).toMatchObject([
      { hardLimit: 20_000, resourceType: 'octets' },
    ])
  })

  it('makes a delivery wait at the sender: 452 4.2.2 (RFC 3463 §3.3)', async () => {
    expect((await deliver(12_000)).code).toBe(250)
    expect(await deliver(12_000)).toMatchObject({ code: 452, enhanced: '4.2.2' })
  })

  it('refuses for good what the whole mailbox could not hold: 552 5.2.2', async () => {
    expect(await deliver(30_000)).toMatchObject({ code: 552, enhanced: '5.2.2' })
  })

  it('holds for APPEND: NO [OVERQUOTA] (RFC 9208 §5.1)', async () => {
    const session = await openSession('alice@full.test')
    await session.until(/a0 OK.*\r\n/)
    const octets = 12_000
    session.send(`a1 APPEND INBOX {${octets}+}\r\n${'x'.repeat(octets)}\r\n`)
    expect(await session.until(/a1 .*\r\n/)).toContain('a1 NO [OVERQUOTA]')
    session.close()
  })

  it('ends with null', async () => {
    await admin('PUT', `${path}/quota`, { bytes: null })
    expect((await deliver(30_000)).code).toBe(250)
    expect((await admin('GET', path)).body).not.toHaveProperty('quota')
  })
})
