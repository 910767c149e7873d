/**
 * Reads a failure report: a receiver tells a domain of a single message in its name that failed DMARC, DKIM or SPF.
 *
 * Standards: RFC 9991, RFC 6591 §3 (fields), RFC 5965 §3 (the format that it extends).
 * Limits: the length of every text. Security: fed by anyone: what it says is a claim; no text has control characters. Never throws.
 */
import { flattenAddresses, parseAddressList } from '../address/list.ts'
import { decodeBody } from '../message/body.ts'
import { parseDate } from '../message/date.ts'
import { type Header, parseHeader } from '../message/header.ts'
import { parseMessageIds } from '../message/message-id.ts'
import { parseMessage } from '../message/parse.ts'
import type { Part } from '../message/part.ts'
import { decodeHeaderText } from '../text/encoded-word.ts'
import { originalHeader } from './parse-feedback.ts'

export interface AuthFailureReport {
  /** Who reports: its mail server, or the program that made it. */
  organization: string
  /** The report's Message-ID. */
  id: string
  /** When the message came; milliseconds since the epoch, both the same. */
  start: number
  end: number
  /** Whose mail it claimed to be. */
  domain: string
  /** What failed: `dmarc`, `dkim`, `spf`, `bodyhash`, `signature`, `revoked` … */
  failure: string
  /** Messages like it. */
  incidents: number
  /** What was aligned all the same: `none`, `dkim`, `spf`. */
  alignment?: string
  /** What became of it: `delivered`, `spam`, `policy`, `reject`, `other`. */
  result?: string
  /** Address of the client. */
  source?: string
  reversePath?: string
  /** Of the signature that failed. */
  dkimDomain?: string
  dkimSelector?: string
  /** Of the message. */
  author?: string
  subject?: string
}

const longestText = 300

/** Undefined when the message is none, or does not say whose mail it is about. */
export function parseAuthFailure(raw: Uint8Array, root: Part = parseMessage(raw)): AuthFailureReport | undefined {
  if (root.type !== 'multipart' || root.subtype !== 'report') return undefined
  const machine = root.children.find(({ type, subtype }) => type === 'message' && subtype === 'feedback-report')
  if (machine === undefined) return undefined
  const facts = parseHeader(decodeBody(raw, machine)).header
  if (text(facts, 'Feedback-Type')?.toLowerCase() !== 'auth-failure') return undefined
  const original = originalHeader(raw, root, machine)
  const author = flattenAddresses(parseAddressList(original?.first('From') ?? ''))[0]?.address
  const domain = text(facts, 'Reported-Domain') ?? author?.slice(author.lastIndexOf('@') + 1)
  const came = text(facts, 'Arrival-Date') ?? text(facts, 'Received-Date') ?? text(root.header, 'Date')
  const at = came === undefined ? undefined : parseDate(came)?.time
  if (domain === undefined || domain === '' || at === undefined) return undefined
  const incidents = Number(text(facts, 'Incidents') ?? 1)
  const subject = original?.first('Subject')
  return {
    organization: text(facts, 'Reporting-MTA')?.replace(/^dns\s*;\s*/i, '') ?? text(facts, 'User-Agent') ?? '',
    id: parseMessageIds(root.header.first('Message-ID') ?? '')[0]?.slice(0, longestText) ?? '',
    start: at,
    end: at,
    domain: domain.toLowerCase(),
    failure: text(facts, 'Auth-Failure')?.toLowerCase() ?? '',
    incidents: Number.isSafeInteger(incidents) && incidents > 0 ? incidents : 1,
    ...some('alignment', text(facts, 'Identity-Alignment')?.toLowerCase()),
    ...some('result', text(facts, 'Delivery-Result')?.toLowerCase()),
    ...some('source', text(facts, 'Source-IP')),
    ...some('reversePath', text(facts, 'Original-Mail-From')?.replace(/^<|>$/g, '')),
    ...some('dkimDomain', text(facts, 'DKIM-Domain')),
    ...some('dkimSelector', text(facts, 'DKIM-Selector')),
    ...some('author', author === undefined ? undefined : plain(author)),
    ...some('subject', subject === undefined ? undefined : plain(decodeHeaderText(subject))),
  }
}

/** A property that is there only when it is known. */
function some<Name extends string>(name: Name, known: string | undefined): { [Key in Name]?: string } {
  return known === undefined ? {} : ({ [name]: known } as { [Key in Name]: string })
}

function text(header: Header, name: string): string | undefined {
  const value = header.first(name)
  return value === undefined ? undefined : plain(value)
}

function plain(value: string): string {
  return value
    .trim()
    .slice(0, longestText)
    .replaceAll(/\p{Cc}/gu, ' ')
}
