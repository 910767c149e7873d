/**
 * What strangers meet at the door for mail: lists of clients in the DNS, and the greylist; each where the settings want it.
 */
import { ClientLists, Greylisting, type GreylistPort, WaivedClients } from '../../arrival/index.ts'
import { DnsCache } from '../../protocol/dns/index.ts'
import { formatIpAddress } from '../../protocol/spf/index.ts'
import type { DoorPolicy } from '../bridge/link/index.ts'
import type { Env } from './env.ts'
import { describe, log } from './log.ts'
import { rememberingResolver } from './resolver.ts'
import { settingsOf } from './settings.ts'
import { timer } from './timer.ts'

/** Objects of the greylist. Who moves to another one with a new number is a newcomer again. */
const shares = 8
/** A question about each client, so that those of verifying are not pushed out. */
const answers = new DnsCache({ entries: 20_000, octets: 8 * 1024 * 1024 })
const waived = new WaivedClients()

/** How often the same trouble with a list is told. */
const toldEveryMs = 3_600_000
const mostTold = 100
const told = new Map<string, number>()

export function clientLists(env: Env): ClientLists {
  const { block, welcome } = settingsOf(env).screening
  return new ClientLists({ block, welcome, dns: rememberingResolver(env, answers), timer, onUseless })
}

function onUseless(list: string, problem: string): void {
  const now = Date.now()
  if (now - (told.get(list) ?? -Infinity) < toldEveryMs) return
  if (told.size >= mostTold) told.clear()
  told.set(list, now)
  log('warning', 'a list of clients is of no use', { list, problem })
}

export function greylisting(env: Env): { greylisting?: Greylisting } {
  const { hostname, screening, verification } = settingsOf(env)
  if (screening.greylistMs === 0) return {}
  // By the upper bits: within an object the lower ones choose the place.
  const share = (network: number) => env.GREYLIST.getByName(String(Math.floor((network / 2 ** 52) * shares)))
  const list: GreylistPort = {
    isFamiliar: async (network) => share(network).isFamiliar(network),
    meet: async (network, triplet, delayMs) => share(network).meet(network, triplet, delayMs),
  }
  return {
    greylisting: new Greylisting({
      list,
      delayMs: screening.greylistMs,
      trustedNetworks: verification.trustedNetworks,
      dns: rememberingResolver(env, answers),
      timer,
      clock: Date.now,
      hostname,
      digest: (octets) => crypto.subtle.digest('SHA-256', octets),
      waived,
      onFault: (cause) => log('error', 'the greylist cannot be asked', { error: describe(cause) }),
    }),
  }
}

/** What a bridge is told of it. */
export function doorPolicy(env: Env): DoorPolicy {
  const { screening, verification } = settingsOf(env)
  return {
    trusted: verification.trustedNetworks.map(({ address, prefix }) => `${formatIpAddress(address)}/${prefix}`),
    screened: screening.block.length + screening.welcome.length > 0,
    rates: screening.rates,
  }
}
