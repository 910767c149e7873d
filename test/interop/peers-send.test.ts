/**
 * Postfix, Exim and OpenSMTPD relay to us, each with what we offer: their parameters, their big messages, their second tries.
 */
import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readMailbox } from './clients.ts'
import { hand } from './peer/hand.ts'
import type { Peer } from './peer/peer.ts'
import { peerKinds, type PeerWorld, startPeerWorld } from './peer/world.ts'

let world: PeerWorld

beforeAll(async () => {
  world = await startPeerWorld({ FACTEUR_MAX_MESSAGE_SIZE: '2000000' })
})

afterAll(() => world?.stop())

const patience = { timeout: 30_000, interval: 100 }
const digest = (text: string) => createHash('sha256').update(text, 'latin1').digest('hex')

// Each of them waits now and then: all at once they wait together.
describe.concurrent.each(peerKinds)('$name', ({ name, missing, smtputf8 }) => {
  let peer: Peer
  let reader: string

  beforeAll(async () => {
    if (missing !== undefined) return
    peer = world.peers.get(name) as Peer
    reader = await world.account(`from-${name}`)
  })

  async function arrived(subject: string, user = reader): Promise<string> {
    const one = async () => (await readMailbox(world.parts, user)).filter((message) => message.subject === subject)
    await vi.waitFor(async () => expect(await one()).toHaveLength(1), patience)
    return (await one())[0]?.source ?? ''
  }

  /** A report in the mailbox of its own user, about the message with this subject. */
  async function reported(subject: string): Promise<string> {
    const about = (text: string) =>
      text.includes(`\nSubject: ${subject}\n`) && /^Content-Type: message\/delivery-status$/im.test(text)
    const reports = () => peer.mails().filter(about)
    await vi.waitFor(() => expect(reports()).toHaveLength(1), patience)
    return reports()[0] ?? ''
  }

  test('over TLS, and our report of success goes back with its parameters (RFC 3461)', async (context) => {
    if (missing !== undefined) context.skip(missing)
    await hand(peer, reader, 'success', {
      dsn: { id: 'q=1', return: 'headers', notify: ['success', 'failure'], recipient: 'rfc822;old@elsewhere.test' },
    })
    expect(await arrived('success')).toMatch(new RegExp(`^Received: from ${name}\\.test [^;]*with ESMTPS `, 'm'))
    const told = await reported('success')
    expect(told).toMatch(/^Reporting-MTA: dns; ?mail\.facteur\.test$/m)
    expect(told).toMatch(/^Original-Envelope-Id: q=1$/im)
    expect(told).toMatch(/^Original-Recipient: rfc822; ?old@elsewhere\.test$/im)
    expect(told).toMatch(new RegExp(`^Final-Recipient: rfc822; ?${reader}$`, 'im'))
    expect(told).toMatch(/^Action: delivered$/m)
  })

  if (smtputf8)
    test('addresses in another script (RFC 6531)', async (context) => {
      if (missing !== undefined) context.skip(missing)
      const there = await world.account(`зоя-${name}`)
      await hand(peer, there, 'Ещё', { from: `поштар@${name}.test` })
      const source = Buffer.from(await arrived('Ещё', there), 'latin1').toString()
      expect(source).toMatch(/^Received: [^;]*with UTF8SMTPS /m)
      expect(source).toContain(`Return-Path: <поштар@${name}.test>`)
    })

  test('550 for one of two recipients: the other has its copy, the sender a report', async (context) => {
    if (missing !== undefined) context.skip(missing)
    await hand(peer, [reader, 'nobody@facteur.test'], 'partly')
    await arrived('partly')
    const told = await reported('partly')
    expect(told).toContain('nobody@facteur.test')
    // In the words of all three, if not in their Status.
    expect(told).toMatch(/550 5\.1\.1 No such user here/)
    expect(told).not.toMatch(new RegExp(`^Final-Recipient: rfc822; ?${reader}$`, 'im'))
  })

  test('a large message arrives as it was, a larger one than we announce is returned (RFC 1870)', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const body = `.\r\n..\r\n.a dot\r\n\r\n${`${randomBytes(30).toString('hex')}\r\n`.repeat(24_000)}`
    await hand(peer, reader, 'large', { body })
    const source = await arrived('large')
    expect(digest(source.slice(source.indexOf('\r\n\r\n') + 4))).toBe(digest(body))
    // Of these three Exim alone sends BDAT, and notes it, as it does that its commands went together (RFC 2920, RFC 3030).
    if (name === 'exim') expect(peer.log()).toMatch(/=> from-exim@facteur\.test .* L K C="250/)
    await hand(peer, reader, 'too large', { body: body.repeat(2).slice(0, 2_500_000) })
    expect(await reported('too large')).toMatch(/^Status: 5\.(?:3\.4|0\.0)$/m)
  })

  test('452 while the mailbox is full: tried again, and delivered once', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const full = await world.account(`full-${name}`)
    const body = `${'x'.repeat(70)}\r\n`.repeat(50)
    await world.parts.admin('PUT', `/accounts/${full}/quota`, { bytes: 7_000 })
    await hand(peer, full, 'first', { body })
    await arrived('first', full)
    await hand(peer, full, 'later', { body })
    await vi.waitFor(() => expect(peer.log()).toMatch(new RegExp(`${full}.*452`)), patience)
    await world.parts.admin('PUT', `/accounts/${full}/quota`, { bytes: 10_000_000 })
    await peer.flush()
    await arrived('later', full)
  })
})
