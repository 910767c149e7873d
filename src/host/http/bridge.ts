/**
 * The bridge's doors: the link, one session per authenticated mail app, and where it can, the parking of idle ones.
 *
 * Security: open to holders of the bridge secret only. What the session header says comes from mail clients.
 */
import { Hono } from 'hono'
import type { LoginProof } from '../../protocol/sasl/index.ts'
import { bearerMatches, tokenAccount } from './authorization.ts'
import type { AccountRoute, House } from './house.ts'
import { notFound, problem } from './problem.ts'

/** Login and password are bounded by the login engine; this bounds the header as a whole. */
const MAX_SESSION_HEADER = 8192

/** How the bridge opens a session, after the client gave credentials: JSON in base64url in `Facteur-Session`. */
export type SessionRequest = {
  readonly protocol: 'imap' | 'pop3'
  /** Empty when only the token says whose it is. */
  readonly login: string
  /** IMAP's tag of the login command; empty for others. */
  readonly tag: string
  readonly clientAddress: string
  readonly tls: boolean
  /** The connection is compressed already, from before an UNAUTHENTICATE. */
  readonly compressed?: true
  /** A POP3 client has said UTF8 (RFC 6856 §2.1). */
  readonly utf8?: true
  /** Logins can be bound to the connection: POP3 goes on to say so (RFC 2449 §5). */
  readonly bound?: true
} & LoginProof

export function bridgeRoutes(house: House): Hono {
  const app = new Hono()

  app.use('*', async ({ req }, next) => {
    const secret = house.bridgeSecret
    if (secret === undefined) return problem(403, 'Forbidden', 'no bridge secret is set')
    if (!(await bearerMatches(req.header('Authorization') ?? null, secret))) {
      return problem(401, 'Unauthorized', undefined, { 'WWW-Authenticate': 'Bearer realm="bridge"' })
    }
    if (req.header('Upgrade')?.toLowerCase() !== 'websocket') {
      return problem(426, 'Upgrade Required', 'this is a WebSocket', { Upgrade: 'websocket' })
    }
    await next()
    return undefined
  })

  app.get('/link', ({ req }) => house.openLink(req.raw))
  app.get('/session', ({ req }) => openSession(house, req.raw))
  app.get('/parking', () => house.parking?.open() ?? notFound())
  app.get('/parked/:id', ({ req }) => unpark(house, req.param('id')))
  return app
}

async function openSession(house: House, request: Request): Promise<Response> {
  const session = parseSessionRequest(request.headers.get('Facteur-Session'))
  if (session === undefined) return refusal(400, 'the session header is malformed')
  try {
    const route = await routeOf(house, session)
    if (route === undefined) return refusal(401, 'Authentication failed.')
    const response = await route.fetch(sessionUpgrade(session))
    if (response.status !== 401 || !route.cached) return response
    const fresh = await house.accountByLogin(session.login, true)
    if (fresh === undefined || fresh.accountId === route.accountId) return response
    return await fresh.fetch(sessionUpgrade(session))
  } catch (error) {
    house.log('error', 'session could not be opened', { error: String(error) })
    return refusal(503, 'The server is temporarily unable to open the mailbox.')
  }
}

async function unpark(house: House, id: string): Promise<Response> {
  const route = house.parking?.account(id)
  if (route === undefined) return refusal(410, 'The session is no more.')
  return route.fetch(new Request(`http://account/internal/parked/${id}`, { headers: { Upgrade: 'websocket' } }))
}

async function routeOf(house: House, session: SessionRequest): Promise<AccountRoute | undefined> {
  if (session.login !== '' || !('token' in session)) return house.accountByLogin(session.login)
  const accountId = tokenAccount(session.token)
  return accountId === undefined ? undefined : house.accountById(accountId)
}

/** The request that the account's object understands. Its path begins with no public one, so no client can send it. */
function sessionUpgrade(session: SessionRequest): Request {
  const headers = new Headers({ Upgrade: 'websocket', 'Facteur-Session': encodeSession(session) })
  return new Request('http://account/internal/session', { headers })
}

export function encodeSession(session: SessionRequest): string {
  const bytes = new TextEncoder().encode(JSON.stringify(session))
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** Undefined for anything that is not exactly a session request. */
export function parseSessionRequest(header: string | null): SessionRequest | undefined {
  if (header === null || header.length > MAX_SESSION_HEADER) return undefined
  let value: unknown
  try {
    const binary = atob(header.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0))
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return undefined // not base64, UTF-8 or JSON
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { protocol, login, tag, clientAddress, tls, compressed, utf8, bound } = value as Record<string, unknown>
  const proof = readProof(value as Record<string, unknown>)
  if (
    (protocol !== 'imap' && protocol !== 'pop3') ||
    typeof login !== 'string' ||
    proof === undefined ||
    (login === '' && !('token' in proof))
  )
    return undefined
  if (
    typeof tag !== 'string' ||
    (tag === '') !== (protocol === 'pop3') ||
    typeof clientAddress !== 'string' ||
    typeof tls !== 'boolean'
  ) {
    return undefined
  }
  return {
    protocol,
    login,
    ...proof,
    tag,
    clientAddress,
    tls,
    ...(compressed === true ? { compressed } : {}),
    ...(utf8 === true ? { utf8 } : {}),
    ...(bound === true ? { bound } : {}),
  }
}

/** Undefined for anything that is not exactly one proof. */
export function readProof({ password, token, scram }: Readonly<Record<string, unknown>>): LoginProof | undefined {
  if ([password, token, scram].filter((one) => one !== undefined).length !== 1) return undefined
  if (typeof password === 'string') return { password }
  if (typeof token === 'string') return { token }
  const { message, proof } = (scram ?? {}) as Record<string, unknown>
  return typeof message === 'string' && typeof proof === 'string' ? { scram: { message, proof } } : undefined
}

function refusal(status: number, text: string): Response {
  return Response.json({ text }, { status })
}
