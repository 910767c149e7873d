/**
 * From where a request comes.
 *
 * Security: a header is believed when the operator names it, because a proxy in front, or Cloudflare, writes it and clients
 * cannot. Without one it is the other end of the connection, which workerd tells on one machine.
 */

/** `unknown` where nobody says it. */
export function clientAddressOf(request: Request, header: string | undefined): string {
  if (header !== undefined) return request.headers.get(header) ?? 'unknown'
  const { clientIp } = (request.cf ?? {}) as { readonly clientIp?: unknown }
  if (typeof clientIp !== 'string') return 'unknown'
  // `192.0.2.1:49152`, `[2001:db8::1]:49152`.
  return /^\[?([\d.]+|[\da-f:.]+(?=\]))\]?:\d+$/i.exec(clientIp)?.[1] ?? 'unknown'
}
