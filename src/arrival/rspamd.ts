/**
 * Asks an Rspamd server what it thinks of a message, and says what follows.
 *
 * Source: Rspamd's HTTP protocol (`/checkv2`): facts of the envelope in request headers, the message as the body, a JSON
 * answer with an action. Security: the operator's own server, but its answer is read like anybody's: shapes are checked, and
 * its words go into a reply only as printable ASCII of bounded length.
 */
import type { Reply } from '../protocol/smtp/index.ts'
import type { Arrived } from './verify.ts'

/** `field`: what is written on the message. */
export type ScanVerdict =
  | { action: 'take'; field?: string }
  | { action: 'junk'; reason: string; field: string }
  | { action: 'refuse'; reply: Reply }

export interface ContentScanner {
  /** Rejects when the scanner cannot be asked; then the message is taken as if there were none. */
  scan(arrived: Arrived, clientName?: string): Promise<ScanVerdict>
}

/** Sends the request and gives the text of a 200; rejects for anything else. */
export type ScanFetch = (path: string, headers: [string, string][], body: Uint8Array) => Promise<string>

/** RFC 5321 §4.5.3.1.5: a reply line has 512 octets. */
const longestReason = 300
/** The rest tells little. */
const mostSymbols = 20

export class Rspamd implements ContentScanner {
  readonly #fetch: ScanFetch

  constructor(fetch: ScanFetch) {
    this.#fetch = fetch
  }

  async scan(arrived: Arrived, clientName?: string): Promise<ScanVerdict> {
    return verdictOf(await this.#fetch('/checkv2', requestHeaders(arrived, clientName), arrived.raw))
  }
}

function requestHeaders({ envelope, origin }: Arrived, clientName: string | undefined): [string, string][] {
  const facts: [string, string | undefined][] = [
    ['From', envelope.reversePath],
    ...envelope.recipients.map(({ address }): [string, string] => ['Rcpt', address]),
    ['IP', origin.clientAddress],
    ['Helo', origin.helo],
    ['Hostname', clientName],
    ['Queue-Id', origin.transactionId],
  ]
  return facts.flatMap(([name, value]): [string, string][] =>
    value === undefined || value === '' ? [] : [[name, headerValue(value)]],
  )
}

/** Header values are octets without control characters; addresses in other scripts go as UTF-8, one octet a character. */
function headerValue(text: string): string {
  const octets = new TextEncoder().encode(text)
  return String.fromCharCode(...octets.filter((octet) => octet >= 0x20 && octet !== 0x7f))
}

interface Answer {
  action?: unknown
  score?: unknown
  required_score?: unknown
  messages?: { smtp_message?: unknown }
  symbols?: unknown
}

/** What an answer asks for. Throws when it is not one. */
export function verdictOf(text: string): ScanVerdict {
  const answer = JSON.parse(text) as Answer | null
  if (typeof answer !== 'object' || answer === null || typeof answer.action !== 'string') {
    throw new Error('the answer of Rspamd has no action')
  }
  const { action, score, required_score: required, messages, symbols } = answer
  const rating = `${numberOf(score)} / ${numberOf(required)}`
  const said = typeof messages?.smtp_message === 'string' ? printable(messages.smtp_message) : ''
  const field = `X-Rspamd: ${printable(action)} (${rating})${weightsOf(symbols)}\r\n`
  switch (action) {
    case 'reject':
      return {
        action: 'refuse',
        reply: { code: 550, enhanced: '5.7.1', text: said || 'The message looks like spam and is not taken' },
      }
    case 'soft reject':
    case 'greylist':
      return {
        action: 'refuse',
        reply: { code: 451, enhanced: '4.7.1', text: said || 'Not taken now; please try again later' },
      }
    case 'add header':
    case 'rewrite subject':
      return { action: 'junk', reason: `Rspamd: ${printable(action)} (${rating})`, field }
    default:
      return { action: 'take', field }
  }
}

/** What told most, for the field: `;` and lines of `NAME=5.1`. */
function weightsOf(symbols: unknown): string {
  if (typeof symbols !== 'object' || symbols === null) return ''
  const weights = Object.entries(symbols as Record<string, { score?: unknown } | null>)
    .flatMap(([name, symbol]) => (typeof symbol?.score === 'number' ? [[name, symbol.score] as const] : []))
    .filter(([name, score]) => /^\w{1,64}$/.test(name) && Math.abs(score) >= 0.05 && Number.isFinite(score))
    .sort(([, a], [, b]) => Math.abs(b) - Math.abs(a))
    .slice(0, mostSymbols)
  return weights.length === 0 ? '' : `;${weights.map(([name, score]) => `\r\n ${name}=${score.toFixed(1)}`).join('')}`
}

function numberOf(value: unknown): string {
  return typeof value === 'number' && Number.isFinite(value) ? value.toFixed(1) : '?'
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '').slice(0, longestReason)
}
