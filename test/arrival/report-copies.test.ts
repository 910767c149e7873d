import { beforeEach, describe, expect, test } from 'vitest'
import { fromOutside, VerifyingWorld } from './verifying.ts'

const report = 'From: r@rep.test\r\nSubject: Report Domain: facteur.test Submitter: rep.test\r\n\r\nHello\r\n'
let world: VerifyingWorld
let given: { domain: string; status: string | undefined }[]

beforeEach(() => {
  world = new VerifyingWorld()
  given = []
  world.ports.onReport = (domain, raw, judgement) => {
    expect(new TextDecoder().decode(raw)).toBe(report)
    given.push({ domain, status: judgement?.dmarc.status })
  }
})

const send = (...to: string[]) => world.send(report, fromOutside, 'r@rep.test', ...to)

describe("a domain's address for reports (RFC 9990 §3.5.2, RFC 8460 §5.3)", () => {
  test('is there without anybody having made it, and no catch-all takes it', async () => {
    world.domain('facteur.test').setAlias('*', ['alice@facteur.test'])
    expect(await send('Mail-Reports@facteur.test')).toMatchObject({ code: 250 })
    expect(world.mailbox('reports facteur.test').messages).toHaveLength(1)
    expect(world.mailbox('alice').messages).toEqual([])
    expect(given).toEqual([])
  })

  test('may be somebody’s, who gets the mail then, and the operator the report', async () => {
    world.domain('facteur.test').setAlias('mail-reports', ['alice@facteur.test'])
    expect(await send('mail-reports@facteur.test')).toMatchObject({ code: 250 })
    expect(world.mailbox('alice').messages).toHaveLength(1)
    expect(world.mailbox('reports facteur.test').messages).toEqual([])
    expect(given).toEqual([{ domain: 'facteur.test', status: 'none' }])
  })

  test('is not there where nobody is at home', async () => {
    expect(await send('mail-reports@nobody.test')).toMatchObject({ code: 550 })
  })
})

describe('a report to postmaster', () => {
  test('is for the operator as well, with what was found out about its sender', async () => {
    world.publish('rep.test', 'p=none')
    await send('postmaster@facteur.test', 'alice@facteur.test')
    expect(given).toEqual([{ domain: 'facteur.test', status: 'pass' }])
  })

  test('is for the operator also when an alias sends it on', async () => {
    world.domain('facteur.test').setAlias('postmaster', ['me@there.test'])
    await send('postmaster@facteur.test')
    expect(given).toHaveLength(1)
  })

  test('that is refused is nobody’s', async () => {
    world.publish('rep.test', 'p=reject', 'v=spf1 -all')
    expect(await send('postmaster@facteur.test')).toMatchObject({ code: 550 })
    expect(given).toEqual([])
  })
})

test('mail to people, and mail that is no report, is not looked into', async () => {
  await send('alice@facteur.test')
  world.ports.onReport = () => expect.fail('nobody asked for it')
  await world.send('From: r@rep.test\r\nSubject: Hi\r\n\r\n', fromOutside, 'r@rep.test', 'postmaster@facteur.test')
  expect(given).toEqual([])
})
