/**
 * DMARC: whether the author's domain stands behind a message, and what it asks for.
 */
export { dmarcAuthentication } from './authentication-result.ts'
export { authorDomains } from './author-domain.ts'
export { type DmarcEvidence, type DmarcResult, type DmarcStatus, evaluateDmarc, type Identifier } from './evaluate.ts'
export { type Alignment, type DmarcPolicy, type DmarcRecord, parseDmarcRecord, type ReportUri } from './record.ts'
export {
  externalDestinationName,
  type ReportAddress,
  reportAddresses,
  type ReportAddresses,
} from './report-addresses.ts'
export { DmarcDirectory, type FoundRecord, selectOrganizationalDomain, type Walk } from './tree-walk.ts'
