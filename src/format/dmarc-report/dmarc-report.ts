/**
 * What a DMARC aggregate report says: which hosts sent mail in a domain's name in a period, and how it fared.
 *
 * Words for results, dispositions and reasons are the reports' own: what others send may have words that no RFC knows.
 *
 * Standards: RFC 9990 §3.1, RFC 7489 Appendix C (what is still sent).
 */

export interface DmarcReport {
  /** Who reports. */
  organization: string
  contact: string
  id: string
  /** Milliseconds since the epoch, both within the period. */
  start: number
  end: number
  /** The program that made it. */
  generator?: string
  policy: ReportedPolicy
  rows: DmarcReportRow[]
}

/** The policy as its domain has published it. */
export interface ReportedPolicy {
  /** Where the record was found. */
  domain: string
  /** p=, sp= and np= */
  policy: string
  subdomainPolicy?: string
  nonexistentPolicy?: string
  dkimAlignment?: 'strict' | 'relaxed'
  spfAlignment?: 'strict' | 'relaxed'
  /** fo= */
  failureOptions?: string
  /** t=y */
  testing?: boolean
  /** How the record was found: `treewalk` or `psl`. */
  discovery?: string
}

/** Messages that have all of this in common. */
export interface DmarcReportRow {
  /** Address of the client. */
  source: string
  count: number
  /** What was done: `none`, `quarantine`, `reject`; `pass` where it passed a policy that asks for something. */
  disposition: string
  /** Whether DKIM and SPF passed for the author's domain. */
  dkim: boolean
  spf: boolean
  /** Why the disposition is not what the policy asks for. */
  reasons: { type: string; comment?: string }[]
  headerFrom: string
  /** '': the null reverse-path. */
  envelopeFrom?: string
  envelopeTo?: string
  dkimResults: ReportedResult[]
  spfResults: ReportedResult[]
}

/** One check, whatever DMARC makes of it. */
export interface ReportedResult {
  domain: string
  /** Of DKIM. */
  selector?: string
  /** Of SPF: `mfrom`, or `helo` in older reports. */
  scope?: string
  /** As in Authentication-Results. */
  result: string
  comment?: string
}
