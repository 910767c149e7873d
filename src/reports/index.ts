export { dayOf } from './day.ts'
export { DmarcDay } from './dmarc-day.ts'
export { closesAt, DmarcReporter, type DmarcReporterPorts } from './dmarc-reporter.ts'
export { observe, type Observation } from './observation.ts'
export { parseDmarcReport } from './parse-dmarc-report.ts'
export { looksLikeReport, readReport, type ReadReport } from './read-report.ts'
export {
  ReceivedStore,
  type ReceivedReport,
  type ReceivedSummary,
  type ReportSearch,
  type ReportSender,
} from './received-store.ts'
export { type DomainTally, Tally, type TallyText } from './tally.ts'
