import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UnreachableHosts } from '../../../src/host/bridge/common/unreachable-hosts.ts'

function stage(most = 10) {
  const clock = { now: 0 }
  const hosts = new UnreachableHosts({ unreachableMs: 300_000, unreachableHosts: most }, () => clock.now)
  return { clock, hosts }
}

function target(...addresses: string[]) {
  return { port: 25, addresses }
}

describe('hosts that did not answer', () => {
  it('are tried after the others, which keep their order (RFC 5321 §5.1)', () => {
    const { hosts } = stage()
    hosts.note('192.0.2.1', 25)
    hosts.note('192.0.2.3', 25)
    expect(hosts.order(['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'], 25)).toEqual([
      '192.0.2.2',
      '192.0.2.4',
      '192.0.2.1',
      '192.0.2.3',
    ])
    expect(hosts.order(['192.0.2.1', '192.0.2.2'], 587)).toEqual(['192.0.2.1', '192.0.2.2'])
  })

  it('put a target last only when all of its addresses are among them', () => {
    const { hosts } = stage()
    const down = target('192.0.2.1', '192.0.2.2')
    const half = target('192.0.2.1', '192.0.2.3')
    const named = target()
    hosts.note('192.0.2.1', 25)
    hosts.note('192.0.2.2', 25)
    expect(hosts.orderTargets([down, half, named])).toEqual([half, named, down])
  })

  it('are forgotten after a while, and as soon as they answer', () => {
    const { hosts, clock } = stage()
    hosts.note('192.0.2.1', 25)
    hosts.note('192.0.2.2', 25)
    hosts.forget('192.0.2.1', 25)
    expect([hosts.has('192.0.2.1', 25), hosts.has('192.0.2.2', 25)]).toEqual([false, true])
    clock.now = 300_000
    expect([hosts.has('192.0.2.2', 25), hosts.size]).toEqual([false, 0])
  })

  it('take bounded memory, and never remove or double what is to be tried', () => {
    const address = fc.nat({ max: 30 }).map((n) => `192.0.2.${n}`)
    fc.assert(
      fc.property(fc.array(fc.tuple(address, fc.boolean()), { maxLength: 200 }), fc.array(address), (notes, list) => {
        const { hosts } = stage(8)
        for (const [one, answered] of notes) {
          if (answered) hosts.forget(one, 25)
          else hosts.note(one, 25)
          expect(hosts.size).toBeLessThanOrEqual(8)
        }
        const ordered = hosts.order(list, 25)
        expect([...ordered].toSorted()).toEqual(list.toSorted())
        const firstDead = ordered.findIndex((one) => hosts.has(one, 25))
        if (firstDead >= 0) expect(ordered.slice(firstDead).every((one) => hosts.has(one, 25))).toBe(true)
      }),
    )
  })
})
