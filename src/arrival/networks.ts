/**
 * Networks as an operator writes them: addresses and CIDR blocks with commas between.
 *
 * Standards: RFC 4632 §3.1 and RFC 4291 §2.3 (prefix notation).
 */
import { type IpAddress, parseIpAddress, sharePrefix } from '../protocol/spf/index.ts'

export interface Network {
  address: IpAddress
  prefix: number
}

/** `none` and '' are no network at all; undefined when something is no network. */
export function parseNetworks(text: string): Network[] | undefined {
  const listed = text.split(',').map((one) => one.trim())
  if (listed.length === 1 && (listed[0] === '' || listed[0]?.toLowerCase() === 'none')) return []
  const networks = listed.map(parseNetwork)
  return networks.every((network) => network !== undefined) ? networks : undefined
}

function parseNetwork(text: string): Network | undefined {
  const [written = '', length, ...more] = text.split('/')
  const address = parseIpAddress(written)
  if (address === undefined || more.length > 0) return undefined
  const bits = address.length * 8
  if (length === undefined) return { address, prefix: bits }
  return /^\d{1,3}$/.test(length) && Number(length) <= bits ? { address, prefix: Number(length) } : undefined
}

/** False for what is no address. */
export function isInNetworks(address: string, networks: readonly Network[]): boolean {
  if (networks.length === 0) return false
  const client = parseIpAddress(address)
  return client !== undefined && networks.some((network) => sharePrefix(client, network.address, network.prefix))
}
