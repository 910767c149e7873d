/** Our greylist (RFC 6647) and servers that do come back: Postfix, Exim and OpenSMTPD are put off once, and known from then on. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readMailbox } from './clients.ts'
import { hand } from './peer/hand.ts'
import { peerKinds, type PeerWorld, startPeerWorld } from './peer/world.ts'

let world: PeerWorld

beforeAll(async () => {
  world = await startPeerWorld({
    FACTEUR_GREYLIST: '1',
    FACTEUR_TRUSTED_NETWORKS: '10.0.0.0/8',
    FACTEUR_DMARC: 'off',
  })
})

afterAll(() => world?.stop())

describe.concurrent.each(peerKinds)('$name', ({ name, missing }) => {
  test('its first message is late, its next one is not', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const peer = world.peers.get(name)!
    const reader = await world.account(`from-${name}`)
    const subjects = async () => (await readMailbox(world.parts, reader)).map(({ subject }) => subject)
    await hand(peer, reader, 'first')
    const putOff = new RegExp(`${reader}.*451 4\\.7\\.1`)
    await vi.waitFor(() => expect(peer.log()).toMatch(putOff), { timeout: 20_000, interval: 50 })
    expect(await subjects()).toEqual([])
    const afterAnotherTry = async () => {
      await peer.flush()
      return subjects()
    }
    await vi.waitFor(async () => expect(await afterAnotherTry()).toEqual(['first']), { timeout: 30_000, interval: 500 })
    const before = peer.log().match(/451 4\.7\.1/g)
    await hand(peer, reader, 'next')
    await vi.waitFor(async () => expect(await subjects()).toEqual(['first', 'next']), { timeout: 20_000, interval: 50 })
    expect(peer.log().match(/451 4\.7\.1/g)).toEqual(before)
  })
})
