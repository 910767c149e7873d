/** The bridge on Node. */

import { type Bridge, type BridgeOptions, startBridgeOn } from '../common/index.ts'
import { nodeNetwork } from './network.ts'

export * from '../common/index.ts'

/** Starts a bridge. Throws `BridgeConfigurationError`, one sentence for the operator, and then leaves nothing running. */
export function startBridge(options: BridgeOptions): Promise<Bridge> {
  return startBridgeOn(nodeNetwork, options)
}
