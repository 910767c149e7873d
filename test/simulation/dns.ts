/**
 * The zones of the simulated Internet, which change while mail waits.
 */
import { MemoryDns } from '../../src/host/memory/dns.ts'
import { remoteDomains } from './addresses.ts'
import type { DnsPlan } from './plan.ts'

const addresses: Readonly<Record<string, string>> = {
  'mx1.one.test': '192.0.2.1',
  'mx2.one.test': '192.0.2.2',
  'mx.two.test': '192.0.2.3',
  'mx.three.test': '192.0.2.4',
  'mx.four.test': '192.0.2.5',
  'mx.away.test': '192.0.2.6',
}

const mx = (exchange: string, preference = 10) => ({ exchange, preference })

/** DNS over HTTPS that answers from the zones as they are now; `silent` when no answer comes. */
export class SimulatedDns {
  readonly memory = new MemoryDns()
  readonly silent = new Set<string>()

  constructor() {
    for (const [name, address] of Object.entries(addresses)) this.memory.set(name, { A: [address] })
    for (const domain of [...remoteDomains, 'away.test']) this.become(domain, 'normal')
  }

  /** Brings a domain into a state; the plan's `until` brings it back. */
  schedule(plan: DnsPlan, after: (milliseconds: number, run: () => void) => void, note: (line: string) => void): void {
    const change = (state: DnsPlan['state']): void => {
      note(`dns: ${plan.domain} is ${state}`)
      this.become(plan.domain, state)
    }
    change(plan.state)
    after(plan.until, () => change('normal'))
  }

  become(domain: string, state: DnsPlan['state']): void {
    const { zones, broken } = this.memory
    broken.delete(domain)
    this.silent.delete(domain)
    const first = domain === 'one.test' ? 'mx1.one.test' : `mx.${domain}`
    switch (state) {
      case 'normal':
        this.memory.set(domain, { MX: [mx(first), ...(domain === 'one.test' ? [mx('mx2.one.test', 20)] : [])] })
        break
      case 'servfail':
        broken.add(domain)
        break
      case 'silent':
        this.silent.add(domain)
        break
      case 'null-mx':
        this.memory.set(domain, { MX: [mx('', 0)] })
        break
      case 'nxdomain':
        zones.delete(domain)
        break
      case 'implicit':
        this.memory.set(domain, { A: [addresses[first] as string] })
        break
      case 'to-us':
        this.memory.set(domain, { MX: [mx('mail.facteur.test'), mx(first, 20)] })
        break
      case 'no-address':
        this.memory.set(domain, { MX: [mx('nowhere.test')] })
        break
      case 'moved':
        this.memory.set(domain, { MX: [mx('mx2.one.test')] })
        break
    }
  }
}
