/**
 * The demonstration domain of a first start: `facteur.test` with alice and bob.
 *
 * `.test` never resolves on the Internet (RFC 6761 §6.2), so nobody's real mail can be meant.
 */

export const demoDomain = 'facteur.test'
export const demoAccounts = [
  { address: `alice@${demoDomain}`, name: 'Alice' },
  { address: `bob@${demoDomain}`, name: 'Bob' },
] as const

interface Administration {
  readonly url: string
  readonly adminToken: string
}

/**
 * Makes the demonstration accounts when no domain is hosted yet.
 * Returns true when they exist (made now or before), so that the announcement can name them.
 */
export async function ensureDemo(server: Administration, password: string): Promise<boolean> {
  const domains = (await call(server, 'GET', 'domains')) as { name: string }[]
  if (domains.length > 0) return domains.some((domain) => domain.name === demoDomain)
  await call(server, 'POST', 'domains', { name: demoDomain })
  for (const account of demoAccounts) await call(server, 'POST', 'accounts', { ...account, password })
  return true
}

async function call(server: Administration, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(`${server.url}/admin/${path}`, {
    method,
    headers: { authorization: `Bearer ${server.adminToken}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} /admin/${path} answered ${response.status}: ${await response.text()}`)
  return response.status === 204 ? undefined : response.json()
}
