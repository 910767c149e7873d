/**
 * SPF: which addresses may send mail for a domain.
 */
export { spfAuthentication } from './authentication-result.ts'
export { checkHelo, checkSpf, type SpfOptions, type SpfQuery, type SpfResult, type SpfStatus } from './check-host.ts'
export { formatIpAddress, type IpAddress, parseIpAddress, reverseName, sharePrefix } from './ip-address.ts'
export { checkIprev, iprevAuthentication, type IprevResult } from './iprev.ts'
export { type SpfLimits, spfLimits } from './lookup.ts'
export { parseRecord as parseSpfRecord, type SpfRecord } from './record.ts'
