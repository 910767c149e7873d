/**
 * Cross-origin access to JMAP: a web mail application may live anywhere, and authenticates by header, never by cookie, so
 * any origin may ask and no credentials mode is granted.
 *
 * Standards: the Fetch standard (CORS protocol).
 */

const METHODS = 'GET, HEAD, POST, OPTIONS'
const HEADERS = 'Authorization, Content-Type, Accept, Last-Event-ID, If-Match, If-None-Match, If-Range, Range'
const EXPOSED =
  'Accept-Ranges, Content-Length, Content-Disposition, Content-Range, ETag, Location, WWW-Authenticate, Retry-After'
const ONE_DAY = '86400'

export function preflight(): Response {
  return new Response(null, {
    status: 204,
    headers: {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': METHODS,
      'Access-Control-Allow-Headers': HEADERS,
      'Access-Control-Max-Age': ONE_DAY,
    },
  })
}

/** The response, readable by any origin. A redirect or an object's answer has immutable headers: it is rebuilt. */
export function crossOrigin(response: Response): Response {
  const headers = new Headers(response.headers)
  headers.set('Access-Control-Allow-Origin', '*')
  headers.set('Access-Control-Expose-Headers', EXPOSED)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}
