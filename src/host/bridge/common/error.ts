/**
 * The bridge cannot start as it was asked to: a taken port, an unreadable certificate, a wrong address. The message is
 * one sentence for the operator, who can act on it; the command line prints it and exits with status 2.
 */
export class BridgeConfigurationError extends Error {
  override readonly name = 'BridgeConfigurationError'
}
