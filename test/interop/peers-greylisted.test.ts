/** Our greylist (RFC 6647) and servers that do come back: Postfix, Exim and OpenSMTPD are put off once, and known from then on. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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

describe.each(peerKinds)('$name', ({ name, missing }) => {
  test('its first message is late, its next one is not', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const peer = world.peers.get(name)!
    const reader = await world.account(`from-${name}`)
    const subjects = async () => (await readMailbox(world.parts, reader)).map(({ subject }) => subject)
    await hand(peer, reader, 'first')
    await expect
      .poll(() => peer.log(), { timeout: 20_000, interval: 50 })
      .toMatch(new RegExp(`${reader}.*451 4\\.7\\.1`))
    expect(await subjects()).toEqual([])
    const afterAnotherTry = async () => {
      await peer.flush()
      return subjects()
    }
    await expect.poll(afterAnotherTry, { timeout: 30_000, interval: 500 }).toEqual(['first'])
    const before = peer.log().match(/451 4\.7\.1/g)
    await hand(peer, reader, 'next')
    await expect.poll(subjects, { timeout: 20_000, interval: 50 }).toEqual(['first', 'next'])
    expect(peer.log().match(/451 4\.7\.1/g)).toEqual(before)
  })
})
