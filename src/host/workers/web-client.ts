/**
 * HTTPS requests to hosts that others name: policies are fetched and reports sent so.
 *
 * Standards: RFC 8461 §3.3 (fetching a policy), RFC 8460 §5.2 (sending a report), RFC 9110 §15 (status codes).
 * Limits: time, and octets of an answer.
 * Security: the platform checks certificates. Redirects are not followed (RFC 8461 §3.3); on one machine only public
 * addresses are reached. A gateway of the operator's choice may stand in between, for tests and for closed networks.
 */
import type { StsFetch } from '../../delivery/index.ts'
import { largestStsPolicy } from '../../format/index.ts'
import type { Env } from './env.ts'
import { settingsOf } from './settings.ts'

const TIMEOUT_MS = 30_000

/** GETs `https://mta-sts.<domain>/.well-known/mta-sts.txt`. Never rejects. */
export async function fetchStsPolicy(env: Env, domain: string): Promise<StsFetch> {
  try {
    const response = await ask(env, `https://mta-sts.${domain}/.well-known/mta-sts.txt`, { method: 'GET' })
    const type = response.headers.get('Content-Type') ?? ''
    if (response.status !== 200) return await refuse(response, `the policy host answered HTTP ${response.status}`)
    if (!/^text\/plain\s*(;|$)/i.test(type)) return await refuse(response, 'the policy is not text/plain')
    const text = await boundedText(response, largestStsPolicy)
    return text === undefined ? failure('the policy is longer than 64 KB') : { ok: true, text }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    // How workerd and Cloudflare speak of a certificate that does not verify.
    const untrusted = /certificate|\bTLS\b|\bSSL\b|526/i.test(reason)
    return { ok: false, failure: untrusted ? 'sts-webpki-invalid' : 'sts-policy-fetch-error', reason }
  }
}

/** True when the receiver took the report. Never rejects. */
export async function postTlsReport(env: Env, url: string, body: Uint8Array): Promise<boolean> {
  try {
    const headers = { 'Content-Type': 'application/tlsrpt+gzip' }
    const response = await ask(env, url, { method: 'POST', headers, body })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false // nobody there: it is tried again
  }
}

function ask(env: Env, url: string, init: RequestInit): Promise<Response> {
  const { httpsGateway } = settingsOf(env).tls
  const whole = { ...init, redirect: 'manual' as const, signal: AbortSignal.timeout(TIMEOUT_MS) }
  if (httpsGateway !== undefined) return fetch(url.replace(/^https:\/(?=\/)/, httpsGateway), whole)
  return env.OUTSIDE === undefined ? fetch(url, whole) : env.OUTSIDE.fetch(url, whole)
}

async function refuse(response: Response, reason: string): Promise<StsFetch> {
  await response.body?.cancel()
  return failure(reason)
}

function failure(reason: string): StsFetch {
  return { ok: false, failure: 'sts-policy-fetch-error', reason }
}

/** Undefined when there are more octets than `most`. */
async function boundedText(response: Response, most: number): Promise<string | undefined> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > most) return undefined
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
