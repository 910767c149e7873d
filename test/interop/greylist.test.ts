/** A real mail server that meets the greylist: it comes back by itself, and is known from then on. */
import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readMailbox } from './clients.ts'
import { peerKinds, type PeerWorld, startPeerWorld } from './peer/world.ts'

let world: PeerWorld

beforeAll(async () => {
  world = await startPeerWorld({ FACTEUR_GREYLIST: '1', FACTEUR_TRUSTED_NETWORKS: 'none', FACTEUR_DMARC: 'off' })
})

afterAll(() => world?.stop())

const patience = { timeout: 30_000, interval: 300 }

test('Postfix is put off with 451 4.7.1, tries again, and is welcome with its next message', async (context) => {
  const missing = peerKinds.find(({ name }) => name === 'postfix')?.missing
  if (missing !== undefined) context.skip(missing)
  const peer = world.peers.get('postfix')
  if (peer === undefined) throw new Error('there is no Postfix')
  const reader = await world.account('patient')
  const from = 'friend@postfix.test'
  const hand = async (subject: string) => {
    const raw = `From: <${from}>\r\nSubject: ${subject}\r\n\r\nHello.\r\n`
    const transport = createTransport({ host: peer.faces.full, port: peer.port, tls: { rejectUnauthorized: false } })
    await transport.sendMail({ envelope: { from, to: reader }, raw })
    transport.close()
  }
  const got = async () => (await readMailbox(world.parts, reader)).map(({ subject }) => subject)
  await hand('newcomer')
  await expect
    .poll(() => peer.log(), patience)
    .toMatch(/status=deferred .*451 4\.7\.1 Greylisted: please try again in 1 sec/)
  await expect
    .poll(async () => {
      await peer.flush()
      return got()
    }, patience)
    .toEqual(['newcomer'])
  const refusals = () => peer.log().match(/Greylisted/g)?.length
  const before = refusals()
  await hand('known')
  await expect.poll(got, patience).toHaveLength(2)
  expect(refusals()).toBe(before)
})
