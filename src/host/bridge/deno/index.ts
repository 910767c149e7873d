/**
 * The bridge on Deno.
 *
 * Deno 2.9 runs the Node network as it is. Verified (test/host/bridge/runtime.test.ts runs it): `new tls.TLSSocket(socket,
 * { isServer: true })` on a connection already in use (STARTTLS as server), `tls.connect({ socket })` (STARTTLS as
 * client) with and without verification and with roots of our own, bytes put back before the handshake (PROXY protocol
 * in front of TLS), half-open connections, `ws` as client including refused upgrades, `node:http` as server. So there is
 * one implementation to keep right; what differs is only who starts it.
 */

import { type Bridge, type BridgeOptions, startBridgeOn } from '../common/index.ts'
import { nodeNetwork } from '../node/network.ts'

export * from '../common/index.ts'

/** Starts a bridge. Throws `BridgeConfigurationError`, one sentence for the operator, and then leaves nothing running. */
export function startBridge(options: BridgeOptions): Promise<Bridge> {
  return startBridgeOn(nodeNetwork, options)
}
