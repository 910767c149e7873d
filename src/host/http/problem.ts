/**
 * Errors as JSON problem details.
 *
 * Standards: RFC 9457 (`application/problem+json`).
 */

export function problem(
  status: number,
  title: string,
  detail?: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = { type: 'about:blank', status, title, ...(detail === undefined ? {} : { detail }) }
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...headers },
  })
}

export function notFound(): Response {
  return problem(404, 'Not Found')
}

export function methodNotAllowed(allow: string): Response {
  return problem(405, 'Method Not Allowed', undefined, { Allow: allow })
}
