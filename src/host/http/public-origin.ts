/**
 * By which origin a client reached us, for the URLs that it is told.
 *
 * On one machine TLS ends in a proxy in front, and what arrives here is plain HTTP; the proxy keeps the host and says
 * `X-Forwarded-Proto: https`, as proxies agree on without a standard.
 *
 * Security: a client may write the field itself and hears https URLs for it. It can do so to nobody else: what depends on
 * the origin is not cached.
 */
export function publicOrigin(request: Request): string {
  const { protocol, host } = new URL(request.url)
  // Each proxy of a chain may have added its own word; the first is the one that the client met.
  const [met] = (request.headers.get('X-Forwarded-Proto') ?? '').split(',')
  return `${met?.trim().toLowerCase() === 'https' ? 'https:' : protocol}//${host}`
}
