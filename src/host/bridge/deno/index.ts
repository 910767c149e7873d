/**
 * The bridge on Deno.
 *
 * Deno 2.9 runs the Node network as it is. Verified (test/host/bridge/runtime.test.ts runs it): `new tls.TLSSocket(socket,
 * { isServer: true })` on a connection already in use (STARTTLS as server), `tls.connect({ socket })` (STARTTLS as
 * client) with and without verification and with roots of our own, bytes put back before the handshake (PROXY protocol
 * in front of TLS), half-open connections, `ws` as client including refused upgrades, `node:http` as server. So there is
 * one implementation to keep right; what differs is only who starts it.
 */

export * from '../node/index.ts'
