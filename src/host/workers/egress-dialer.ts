/**
 * The dialer port: asks a bridge to run the SMTP transaction, since a Worker cannot reach port 25.
 *
 * Request body: `u32 BE head length | EgressRequest JSON | message`; the answer is EgressResult JSON.
 * Limits: fourteen minutes for an answer. The final dot alone has ten (RFC 5321 §4.5.3.2.6), and to give up before the
 * bridge does would send the message again that it delivers; an alarm, which may be what waits here, lives for fifteen.
 * Security: the bridge holds our secret, but what its answer quotes comes from strangers' servers: its shape is checked.
 */
import type { Dialer, EgressRequest, EgressResult } from '../../delivery/index.ts'
import { concat, encodeUtf8 } from '../../format/index.ts'
import type { Turnstile } from './turnstile.ts'
import { within } from './within.ts'

const TIMEOUT_MS = 14 * 60_000
const MAX_ANSWER = 4 * 1024 * 1024

export interface EgressOptions {
  /** Base URL of the bridge; absent: nothing can be sent to the outside. */
  readonly url?: string
  readonly secret?: string
  /** In front of the bridge. */
  readonly line: Turnstile
}

export function egressDialer({ url, secret, line }: EgressOptions): Dialer {
  return {
    async send(request: EgressRequest, raw: Uint8Array, signal?: AbortSignal): Promise<EgressResult> {
      if (url === undefined || secret === undefined) throw new Error('no bridge is configured for outside mail')
      const ask = async (until: AbortSignal): Promise<string> => {
        const response = await fetch(`${url}/egress`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/octet-stream' },
          body: encodeEgress(request, raw),
          redirect: 'manual',
          signal: until,
        })
        const text = await response.text()
        if (!response.ok) throw new Error(`the bridge answered ${response.status}: ${text.slice(0, 200)}`)
        return text
      }
      return readResult(await line.pass(() => within(TIMEOUT_MS, ask, signal)))
    },
  }
}

function encodeEgress(request: EgressRequest, raw: Uint8Array): Uint8Array {
  const head = encodeUtf8(JSON.stringify(request))
  const prefix = new Uint8Array(4)
  new DataView(prefix.buffer).setUint32(0, head.length)
  return concat([prefix, head, raw])
}

function readResult(text: string): EgressResult {
  if (text.length > MAX_ANSWER) throw new Error('the answer of the bridge is too long')
  const value = JSON.parse(text) as Partial<EgressResult> | null
  const recipients = value?.recipients
  if (!Array.isArray(recipients)) throw new Error('the answer of the bridge names no recipients')
  const known = ['delivered', 'deferred', 'bounced']
  for (const outcome of recipients) {
    if (typeof outcome?.recipient !== 'string' || !known.includes(outcome.status)) {
      throw new Error('the answer of the bridge is malformed')
    }
  }
  return value as EgressResult
}
