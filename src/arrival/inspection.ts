/**
 * What becomes of a message by who sent it: whether it is taken, where it is put, and what is written on it.
 *
 * Standards: RFC 8601 §5 (fields in our name that came with a message are taken out), §4 (ours goes to the top),
 * RFC 9989 §7.4, RFC 5321 §4.4 (a name in Received is verified).
 * Security: a refusal names the domain, which is a name and nothing else; no text of a stranger's is in it.
 */
import { authenticationResultsField, type Header, removeAuthenticationResults } from '../format/index.ts'
import type { Reply } from '../protocol/smtp/index.ts'
import type { Judgement } from './judgement.ts'
import { isSubmission } from './origin.ts'
import type { ArrivalPorts } from './ports.ts'
import type { ScanVerdict } from './rspamd.ts'
import type { Sealable } from './seal.ts'
import type { Arrived, Judged } from './verify.ts'

export interface Inspection {
  /** As received, without what claims to be ours. */
  raw: Uint8Array
  /** For the top, above Received. */
  fields: string[]
  judgement?: Judgement
  /** What a seal would tell, should it be passed on. */
  sealable?: Sealable
  /** The message is not taken. */
  refusal?: Reply
  /** It goes to the mailbox for junk, for this reason. */
  junk?: string
  /** The client's name, verified. */
  clientName?: string
}

/** Whatever fails in it, the message is taken as if nothing had been found out. */
export async function inspect(arrived: Arrived, header: Header, ports: ArrivalPorts): Promise<Inspection> {
  const { raw, origin } = arrived
  const { verifier } = ports
  const junk = origin.screened?.junk
  const listed = junk === undefined ? {} : { junk }
  if (verifier === undefined || origin.kind === 'internal' || origin.kind === 'list')
    return { raw, fields: [], ...listed }
  const isOutside = !isSubmission(origin)
  if (isOutside && verifier.trusts(origin)) return { raw, fields: [] }
  const clean: Inspection = { raw: removeAuthenticationResults(raw, [verifier.authservId]), fields: [] }
  if (!isOutside) return clean
  let judged: Judged | undefined
  try {
    judged = await verifier.judge(arrived, header)
  } catch (cause) {
    ports.log?.({ type: 'arrival-fault', transactionId: origin.transactionId, cause })
  }
  const inspection = {
    ...clean,
    ...listed,
    ...(judged === undefined ? {} : findings(judged, verifier.authservId, ports)),
  }
  return inspection.refusal === undefined ? scanned(arrived, inspection, ports) : inspection
}

/** What the content scanner says of a message that is welcome so far. A scanner that cannot be asked changes nothing. */
async function scanned(arrived: Arrived, inspection: Inspection, ports: ArrivalPorts): Promise<Inspection> {
  if (ports.scanner === undefined) return inspection
  const { clientName, fields } = inspection
  let verdict: ScanVerdict
  try {
    verdict = await ports.scanner.scan(arrived, clientName)
  } catch (cause) {
    ports.log?.({ type: 'arrival-fault', transactionId: arrived.origin.transactionId, cause })
    return inspection
  }
  if (verdict.action === 'refuse') return { ...inspection, refusal: verdict.reply }
  return {
    ...inspection,
    fields: verdict.field === undefined ? fields : [...fields, verdict.field],
    ...(verdict.action === 'junk' && inspection.junk === undefined && { junk: verdict.reason }),
  }
}

function findings({ judgement, chain }: Judged, authservId: string, ports: ArrivalPorts): Omit<Inspection, 'raw'> {
  const { disposition, iprev, results } = judgement
  return {
    judgement,
    sealable: { authservId, results, chain },
    fields: [authenticationResultsField(authservId, results)],
    ...(disposition === 'reject' && { refusal: refusalOf(judgement, ports) }),
    ...(disposition === 'quarantine' && { junk: judgement.dmarc.reason }),
    ...(iprev?.status === 'pass' && iprev.name !== undefined && { clientName: iprev.name }),
  }
}

function refusalOf({ dmarc, transactionId }: Judgement, ports: ArrivalPorts): Reply {
  const { domain } = dmarc
  return {
    code: 550,
    enhanced: '5.7.1',
    text: [
      `Refused as the domain of its author asks (DMARC policy): ${domain}`,
      'Neither SPF nor DKIM shows that this domain sent the message.',
      `If it did, its administrator can help; or ask postmaster@${ports.postmasterDomain ?? ports.hostname} about ${transactionId}`,
    ],
  }
}
