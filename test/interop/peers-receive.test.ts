/**
 * Our relay to Postfix, Exim and OpenSMTPD: what each offers is used, what it refuses is told, what it puts off is tried again.
 */
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readMailbox } from './clients.ts'
import type { Peer } from './peer/peer.ts'
import { loggedIn } from './smtp-client.ts'
import { peerKinds, type PeerWorld, startPeerWorld } from './peer/world.ts'

let world: PeerWorld

beforeAll(async () => {
  world = await startPeerWorld({ FACTEUR_RETRY_FIRST_SECONDS: '3600' })
})

afterAll(() => world?.stop())

const digest = (text: string) => createHash('sha256').update(text, 'latin1').digest('hex')

/** Text of about so many octets that is its own from line to line. */
function largeText(octets: number): string {
  return `${randomBytes(octets / 2 + 37)
    .toString('hex')
    .replaceAll(/.{74}/g, '$&\n')
    .trimEnd()}\n`
}

const withCrlf = (text: string) => text.replaceAll('\n', '\r\n')

describe.each(peerKinds)('$name', (kind) => {
  const { name, missing, encrypted, smtputf8 } = kind
  let peer: Peer
  let writer: string

  beforeAll(async () => {
    if (missing !== undefined) return
    peer = world.peers.get(name) as Peer
    writer = await world.account(`to-${name}`)
  })

  /** The message with this subject, as it arrived. */
  async function arrives(subject: string): Promise<string> {
    const one = () => peer.mails().find((text) => text.includes(`\nSubject: ${subject}\n`))
    await expect.poll(one, { timeout: 20_000, interval: 50 }).toBeDefined()
    return one() ?? ''
  }

  /** The report about the message with this subject, and that it is the only one. */
  async function report(subject: string): Promise<string> {
    const about = (source: string) => source.includes(`\nSubject: ${subject}\r\n`)
    let found: string[] = []
    const look = async () =>
      (found = (await readMailbox(world.parts, writer)).map(({ source }) => source).filter(about)).length
    await expect.poll(look, { timeout: 20_000, interval: 100 }).toBe(1)
    return found[0] ?? ''
  }

  test('STARTTLS and DSN: its own report of success comes back (RFC 3461)', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const to = `friend@full.${name}.test`
    await world.submit(writer, {
      to,
      subject: 'success',
      mail: 'RET=HDRS ENVID=q+2B1',
      rcpt: 'NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;old+2Bname@elsewhere.test',
    })
    expect(await arrives('success')).toMatch(encrypted)
    // Exim notes whether commands came together (RFC 2920), and would add a minus if not.
    if (name === 'exim') expect(peer.log()).toMatch(new RegExp(`<= ${writer} .* L[.]? X=TLS1\\.3`))
    const told = await report('success')
    if (kind.parametersInReports) {
      expect(told).toMatch(/^Original-Envelope-Id: q\+(?:2B)?1\r$/im)
      expect(told).toMatch(/^Original-Recipient: rfc822; ?old\+(?:2B)?name@elsewhere\.test\r$/im)
    }
    expect(told).toMatch(new RegExp(`^Final-Recipient: rfc822; ?${to}\\r$`, 'im'))
    expect(told).toMatch(/^Action: delivered\r$/m)
  })

  test('without DSN, STARTTLS and PIPELINING: in clear text, and we report that it was relayed', async (context) => {
    if (missing !== undefined) context.skip(missing)
    await world.submit(writer, { to: `friend@plain.${name}.test`, subject: 'relayed', rcpt: 'NOTIFY=SUCCESS' })
    expect(await arrives('relayed')).not.toMatch(encrypted)
    expect(await report('relayed')).toMatch(/^Action: relayed\r$/m)
  })

  test('where nothing goes without STARTTLS', async (context) => {
    if (missing !== undefined) context.skip(missing)
    await world.submit(writer, { to: `friend@strict.${name}.test`, subject: 'strict' })
    expect(await arrives('strict')).toMatch(encrypted)
  })

  test(
    smtputf8 ? 'an address in another script (RFC 6531)' : 'no SMTPUTF8: the message is returned (RFC 6531 §3.2)',
    async (context) => {
      if (missing !== undefined) context.skip(missing)
      await world.submit(writer, { to: `пошта@full.${name}.test`, subject: 'script', mail: 'SMTPUTF8' })
      if (smtputf8)
        expect(Buffer.from(await arrives('script'), 'latin1').toString()).toContain(`пошта@full.${name}.test`)
      else expect(await report('script')).toMatch(/^Status: 5\.6\.7\r$/m)
      await world.submit(writer, { to: `пошта@plain.${name}.test`, subject: 'no script', mail: 'SMTPUTF8' })
      expect(await report('no script')).toMatch(/^Status: 5\.6\.7\r$/m)
    },
  )

  test('4xx: the others have theirs, the one that was put off has it later, each once', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const domain = `full.${name}.test`
    peer.busy(true)
    await world.submit(writer, { to: [`one@${domain}`, `busy@${domain}`, `two@${domain}`], subject: 'later' })
    await arrives('later')
    const waiting = async () => {
      const recipients = (await world.queued(domain)).flatMap((entry) => entry.recipients)
      return recipients.filter(({ status }) => status === 'waiting').map((one) => `${one.address} ${one.diagnostic}`)
    }
    const putOff = new RegExp(`^busy@${domain} 451 4\\.7\\.1 .*come back later$`)
    await expect.poll(waiting, { timeout: 20_000, interval: 50 }).toEqual([expect.stringMatching(putOff)])
    peer.busy(false)
    await world.parts.admin('POST', `/queues/${domain}/retry`)
    await expect.poll(waiting, { timeout: 20_000, interval: 50 }).toEqual([])
    for (const user of ['one', 'busy', 'two']) {
      const copies = () =>
        peer
          .mails()
          .join('')
          .match(new RegExp(`^(?:Delivered-To|Envelope-to): ${user}@${domain}$`, 'gm'))
      await expect.poll(copies, { timeout: 20_000, interval: 50 }).toHaveLength(1)
    }
  })

  test('5xx for one of three: a report that names only that one (RFC 3464)', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const domain = `full.${name}.test`
    await world.submit(writer, { to: [`here@${domain}`, `nobody@${domain}`, `there@${domain}`], subject: 'partly' })
    await arrives('partly')
    const told = await report('partly')
    expect([...told.matchAll(/^Final-Recipient: rfc822; ?(.*)\r$/gim)].map((match) => match[1])).toEqual([
      `nobody@${domain}`,
    ])
    expect(told).toMatch(/^Diagnostic-Code: smtp; ?55\d /im)
  })

  test('what some servers take for the end of a message is none: nothing is smuggled (RFC 5321 §2.3.8)', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const domain = `full.${name}.test`
    const ends = ['\n.\n', '\n.\r\n', '\r\n.\n', '\r\n.\r', '\r.\r', '\r.\r\n', '\n\n.\r\n', '\r\n.\r\n', '\r\n.\r\r\n']
    const hidden = `MAIL FROM:<eve@facteur.test>\r\nRCPT TO:<smuggled@${domain}>\r\nDATA\r\nSubject: hidden\r\n\r\nx\r\n.\r\n`
    const raw = `Subject: around\r\n\r\nbody${ends.map((end) => `${end}${hidden}`).join('')}end of it\r\n`
    const client = await loggedIn(world.parts.ports.submission, writer, world.parts.password)
    await client.say(`MAIL FROM:<${writer}>\r\n`, /^250 /m)
    await client.say(`RCPT TO:<friend@${domain}>\r\n`, /^250 /m)
    await client.say(`BDAT ${raw.length} LAST\r\n${raw}`, /^250 /m)
    client.destroy()
    await expect.poll(() => arrives('around'), { timeout: 20_000, interval: 50 }).toMatch(/\nend of it\n/)
    await expect.poll(() => world.queued(domain), { timeout: 20_000, interval: 50 }).toEqual([])
    expect(peer.log()).not.toMatch(/eve@facteur\.test|smuggled@/)
  })

  test('a hundred and twenty recipients have one copy each, whatever it takes at a time', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const domain = `full.${name}.test`
    const to = Array.from({ length: 120 }, (_, index) => `many${index}@${domain}`)
    await world.submit(writer, { to, subject: 'many' })
    const named = /^(?:Delivered-To|Envelope-to): (many\d+@.*)$/gm
    await expect
      .poll(() => peer.mails().join('').match(named) ?? [], { timeout: 40_000, interval: 100 })
      .toSatisfy((lines: string[]) => lines.length >= 120)
    const copies = [...peer.mails().join('').matchAll(named)].map(([, address]) => address)
    expect(copies).toHaveLength(120)
    expect(new Set(copies)).toEqual(new Set(to))
    await expect.poll(() => world.queued(domain), { timeout: 20_000, interval: 50 }).toEqual([])
  })

  test('large messages arrive as they were, larger ones than its SIZE are returned (RFC 1870)', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const to = `friend@full.${name}.test`
    const body = `.\n..\n.a dot\n\n${largeText(2_500_000)}`
    await world.submit(writer, { to, raw: withCrlf(`Subject: large\n\n${body}`) })
    // The whole of it may come a little after its beginning.
    const content = async () => {
      const arrived = await arrives('large')
      return digest(arrived.slice(arrived.indexOf('\n\n') + 2).replace(/\n+$/, '\n'))
    }
    await expect.poll(content, { timeout: 20_000, interval: 50 }).toBe(digest(body))
    await world.submit(writer, { to, raw: withCrlf(`Subject: too large\n\n${largeText(3_200_000)}`) })
    expect(await report('too large')).toMatch(/^Status: 5\.3\.4\r$/m)
  })
})
