/**
 * A DMARC policy record.
 *
 * Standards: RFC 9989 §4.7 (tags), §4.8 (grammar), §4.10.1 (what a record without a valid policy means), RFC 7489 §6.4
 * (size limits behind URIs).
 * Security: fed by the DNS of whoever sends mail; linear.
 */

export type DmarcPolicy = 'none' | 'quarantine' | 'reject'
export type Alignment = 'strict' | 'relaxed'

export interface DmarcRecord {
  /** False when there is no valid policy and no wish for reports: the domain counts, but asks for nothing (RFC 9989 §4.10.1). */
  applies: boolean
  /** p=, for the domain itself */
  policy: DmarcPolicy
  /** sp=, for domains below that exist; p= when it is not there */
  subdomainPolicy: DmarcPolicy
  /** np=, for domains below that do not exist; as `subdomainPolicy` when it is not there */
  nonexistentPolicy: DmarcPolicy
  /** np= is there: whether a domain exists makes a difference */
  asksExistence: boolean
  dkimAlignment: Alignment
  spfAlignment: Alignment
  /** psd=y: a public suffix; psd=n: an organizational domain; undefined (`u`): the tree tells */
  publicSuffix?: boolean
  /** t=y: the owner is trying its policy out */
  testing: boolean
  /** rua=, ruf=: URIs for reports */
  aggregateReports: ReportUri[]
  failureReports: ReportUri[]
  /** fo=, of 0 1 d s */
  failureOptions: string[]
}

export interface ReportUri {
  uri: string
  /** Octets of the largest message that is wanted (RFC 7489 §6.4, RFC 9990 §3.5). */
  limit?: number
}

const VERSION = /^[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/
const URI = /^[a-z][a-z0-9+.-]*:[^\s,!]+$/i
const TAG_LIMIT = 64
const URI_LIMIT = 20

/** True for a TXT record that is DMARC's: the version is its first tag (RFC 9989 §4.10). */
export function isDmarcRecord(text: string): boolean {
  return VERSION.test(text)
}

/**
 * Reads a record; undefined when it is none, or has a tag twice. Without a valid policy it acts as p=none. Unknown tags,
 * and those of RFC 7489 that are gone (pct, rf, ri), are passed over.
 */
export function parseDmarcRecord(text: string): DmarcRecord | undefined {
  if (!isDmarcRecord(text)) return undefined
  const tags = readTags(text)
  if (tags === undefined) return undefined
  const aggregateReports = uris(tags.get('rua'))
  const [policy, sub, nonexistent] = ['p', 'sp', 'np'].map((tag) => readPolicy(tags.get(tag)))
  const valid = policy !== undefined && policy !== false && sub !== false && nonexistent !== false
  const own = valid ? policy : 'none'
  const subdomainPolicy = valid ? (sub ?? own) : 'none'
  const suffix = tags.get('psd')?.toLowerCase()
  return {
    applies: valid || aggregateReports.length > 0,
    policy: own,
    subdomainPolicy,
    nonexistentPolicy: valid ? (nonexistent ?? subdomainPolicy) : 'none',
    asksExistence: valid && nonexistent !== undefined,
    dkimAlignment: tags.get('adkim')?.toLowerCase() === 's' ? 'strict' : 'relaxed',
    spfAlignment: tags.get('aspf')?.toLowerCase() === 's' ? 'strict' : 'relaxed',
    ...((suffix === 'y' || suffix === 'n') && { publicSuffix: suffix === 'y' }),
    testing: tags.get('t')?.toLowerCase() === 'y',
    aggregateReports,
    failureReports: uris(tags.get('ruf')),
    failureOptions: (tags.get('fo') ?? '0')
      .toLowerCase()
      .split(':', 8)
      .map((option) => option.trim()),
  }
}

/** Undefined when a tag is there twice; what is no tag is passed over. */
function readTags(text: string): Map<string, string> | undefined {
  const tags = new Map<string, string>()
  for (const piece of text.split(';', TAG_LIMIT)) {
    const equals = piece.indexOf('=')
    if (equals < 0) continue
    const name = piece.slice(0, equals).trim().toLowerCase()
    if (tags.has(name)) return undefined
    tags.set(name, piece.slice(equals + 1).trim())
  }
  return tags
}

/** Undefined when the tag is not there, false when it is no policy. */
function readPolicy(value: string | undefined): DmarcPolicy | undefined | false {
  const policy = value?.toLowerCase()
  if (policy === undefined || policy === 'none' || policy === 'quarantine' || policy === 'reject') return policy
  return false
}

/** URIs of a list; `!10m` behind one is the size limit that RFC 7489 knew, and records still have. */
function uris(value = ''): ReportUri[] {
  return value.split(',', URI_LIMIT).flatMap((listed) => {
    const [, uri = '', number, unit = ''] = /^(.*?)(?:!(\d{1,15})([kmgt]?))?$/i.exec(listed.trim()) ?? []
    if (!URI.test(uri)) return []
    return number === undefined ? { uri } : { uri, limit: Number(number) * (units[unit.toLowerCase()] ?? 1) }
  })
}

/** Powers of two (RFC 7489 §6.4). */
const units: Readonly<Record<string, number>> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }
