/** What is parked, by whom it is found, and when it is forgotten. */
import { describe, expect, it } from 'vitest'
import { type ParkedSession, ParkingLot } from '../../../src/host/workers/parking/parking-lot.ts'

const session = (accountId: string, mailbox?: number): ParkedSession => ({
  accountId,
  kind: 'imap',
  credential: 1,
  state: '{}',
  rest: mailbox === undefined ? {} : { mailbox },
})

describe('a parking lot', () => {
  it('gives a session to its account, once', () => {
    const lot = new ParkingLot(() => 0)
    const id = `${lot.openChannel()}.1`
    expect(lot.park(id, session('a'))).toBe(true)
    expect([lot.accountOf(id), lot.count('a'), lot.count('b')]).toEqual(['a', 1, 0])
    expect(lot.take(id, 'b')).toBeUndefined()
    expect(lot.take(id, 'a')?.accountId).toBe('a')
    expect(lot.take(id, 'a')).toBeUndefined()
    expect([lot.accountOf(id), lot.count('a')]).toEqual([undefined, 0])
  })

  it('calls for each session until that has been said', () => {
    const lot = new ParkingLot(() => 0)
    const channel = lot.openChannel()
    lot.park(`${channel}.1`, session('a', 1))
    lot.park(`${channel}.2`, session('a', 2))
    lot.park(`${channel}.3`, session('b', 1))
    const first = () => lot.recall('a', ({ rest }) => rest.mailbox === 1)
    expect(first()).toEqual([`${channel}.1`])
    expect(first()).toEqual([`${channel}.1`])
    lot.told([`${channel}.1`])
    expect(first()).toEqual([])
  })

  it('parks for open channels only, and keeps what a closed one has parked for a minute', () => {
    let now = 0
    const lot = new ParkingLot(() => now)
    const channel = lot.openChannel()
    lot.park(`${channel}.1`, session('a'))
    lot.closeChannel(channel)
    expect(lot.park(`${channel}.2`, session('a'))).toBe(false)
    now = 59_000
    const other = lot.openChannel()
    expect(lot.count('a')).toBe(1)
    now = 61_000
    expect(lot.park(`${other}.1`, session('b'))).toBe(true)
    expect(lot.count('a')).toBe(0)
  })
})
