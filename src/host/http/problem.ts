/**
 * Errors as JSON problem details.
 *
 * Standards: RFC 9457 (`application/problem+json`), RFC 8620 §3.6.1 (JMAP's own types).
 */
import { requestProblem, type RequestProblem } from '../../protocol/jmap/index.ts'

export function problem(
  status: number,
  title: string,
  detail?: string,
  headers: Readonly<Record<string, string>> = {},
  /** Members beyond those of the standard (RFC 9457 §3.2). */
  members: Readonly<Record<string, unknown>> = {},
): Response {
  const body = { type: 'about:blank', status, title, ...(detail === undefined ? {} : { detail }), ...members }
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...headers },
  })
}

export function notFound(): Response {
  return problem(404, 'Not Found')
}

export function methodNotAllowed(allow: string): Response {
  return problem(405, 'Method Not Allowed', `here only ${allow}`, { Allow: allow })
}

/** RFC 8620 §3.6.1: the request's content type is not `application/json`. */
export function notJson(): Response {
  return jmapProblem(requestProblem('notJSON', 'The content type of a request is application/json.'))
}

/** RFC 8620 §3.6.1, with the status of its example for requests, and HTTP's own for uploads, which are not JMAP requests. */
export function overLimit(limit: 'maxSizeRequest' | 'maxSizeUpload', most: number): Response {
  const limited = requestProblem('limit', `At most ${most} octets are taken here.`, limit)
  return jmapProblem(limit === 'maxSizeUpload' ? { ...limited, status: 413 } : limited)
}

function jmapProblem(body: RequestProblem): Response {
  const headers = { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' }
  return new Response(JSON.stringify(body), { status: body.status, headers })
}
