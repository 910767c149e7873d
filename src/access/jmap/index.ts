/**
 * JMAP over one account's mail store: what the HTTP host wires to its routes.
 */
export { JmapAccess, type JmapDependencies } from './jmap-access.ts'
export type { JmapAccount, JmapResponse, Download } from './context.ts'
export { downloadHeaders } from './download.ts'
export { defaultLimits, type JmapLimits, sizesFor } from './limits.ts'
export type { SubmissionPort, SubmissionResult } from './submission-port.ts'
