/**
 * A WebSocket to the Worker: by its address, or through a socket file where both are on one machine.
 *
 * Security: the peer is the Worker; whoever can open the socket file still has to show the secret.
 */

import { connect } from 'node:net'
import { WebSocket } from 'ws'
import { isLoopback } from './socket.ts'

/** Where the Worker is, and what it is shown. */
export interface WorkerAddress {
  /** `http:` or `https:`; the endpoints are below it. */
  readonly workerUrl: URL
  readonly secret: string
  /** Roots (PEM) to trust for the Worker's certificate in place of the system's. */
  readonly ca?: readonly string[]
  /**
   * A Unix domain socket that leads to the same: a message costs less than over TCP on loopback, where each is also
   * acknowledged, and a connection two thirds.
   */
  readonly socketFile?: string
}

export interface WorkerSocketOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly handshakeTimeout: number
  readonly maxPayload: number
}

/** Begins to connect to an endpoint of the Worker. */
export function openWorkerSocket(worker: WorkerAddress, path: string, options: WorkerSocketOptions): WebSocket {
  const { ca, secret, socketFile } = worker
  const url = endpoint(worker.workerUrl, path)
  return new WebSocket(url, {
    ...options,
    headers: { ...options.headers, Authorization: `Bearer ${secret}` },
    perMessageDeflate: false,
    followRedirects: false,
    ...(isPrivate(url) ? { generateMask: noMask } : {}),
    ...(ca === undefined ? {} : { ca: [...ca] }),
    ...(socketFile === undefined ? {} : { createConnection: () => connect(socketFile) }),
  })
}

function endpoint(workerUrl: URL, path: string): URL {
  const url = new URL(path, workerUrl.href.endsWith('/') ? workerUrl : `${workerUrl.href}/`)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url
}

/**
 * Masking keeps bytes that a client made up from being taken for HTTP by a proxy between (RFC 6455 §10.3). Where nobody can
 * be between (TLS, this machine itself) a mask of zeros does no harm, and spares a copy of every message.
 */
function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === 'wss:' || isLoopback(hostname.replace(/^\[|\]$/g, ''))
}

function noMask(mask: Uint8Array): void {
  mask.fill(0)
}
