/**
 * Reads TLS reports that others send: the part of a message that holds one, and its JSON.
 *
 * Standards: RFC 8460 §4.4, §5.3, RFC 3339.
 * Limits: policies, failures, and the length of what is quoted.
 * Security: anyone can send a report and claim anything in it: what comes out is text of bounded length without controls.
 */
import { decodeBody } from '../message/body.ts'
import { parseMessage } from '../message/parse.ts'
import { allParts, type Part } from '../message/part.ts'
import type { TlsFailure, TlsPolicyResult, TlsReport, TlsReportPolicy } from './tls-report.ts'

const mostPolicies = 100
const mostFailures = 1_000
const longestText = 500

/** The report in a message as it was attached; undefined when there is none. */
export function attachedTlsReport(
  raw: Uint8Array,
  root: Part = parseMessage(raw),
): { compressed: boolean; bytes: Uint8Array } | undefined {
  const kind = root.parameters['report-type']?.toLowerCase()
  if (root.type !== 'multipart' || root.subtype !== 'report' || kind !== 'tlsrpt') return undefined
  const part = allParts(root).find(
    ({ type, subtype }) => type === 'application' && /^tlsrpt\+(gzip|json)$/.test(subtype),
  )
  if (part === undefined) return undefined
  return { compressed: part.subtype === 'tlsrpt+gzip', bytes: decodeBody(raw, part) }
}

/** Undefined when the text is no report. Counts that are none count as 0. */
export function parseTlsReport(text: string): TlsReport | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const report = record(value)
  const range = record(report?.['date-range'])
  const id = plain(report?.['report-id'])
  const start = time(range?.['start-datetime'])
  const end = time(range?.['end-datetime'])
  const policies = report?.['policies']
  if (report === undefined || id === undefined || start === undefined || end === undefined) return undefined
  if (!Array.isArray(policies)) return undefined
  return {
    organization: plain(report['organization-name']) ?? '',
    contact: plain(report['contact-info']) ?? '',
    id,
    start,
    end,
    results: policies.slice(0, mostPolicies).flatMap((policy: unknown) => result(policy) ?? []),
  }
}

function result(value: unknown): TlsPolicyResult | undefined {
  const outer = record(value)
  const policy = record(outer?.['policy'])
  const type = policy?.['policy-type']
  const domain = plain(policy?.['policy-domain'])
  if (outer === undefined || policy === undefined || domain === undefined) return undefined
  if (type !== 'tlsa' && type !== 'sts' && type !== 'no-policy-found') return undefined
  const summary = record(outer['summary'])
  const details = outer['failure-details']
  const failures = Array.isArray(details) ? details.slice(0, mostFailures) : []
  const applied: TlsReportPolicy = {
    type,
    domain,
    text: texts(policy['policy-string']),
    mxHosts: texts(policy['mx-host']),
  }
  return {
    policy: applied,
    successes: count(summary?.['total-successful-session-count']),
    failed: count(summary?.['total-failure-session-count']),
    failures: failures.flatMap((failure: unknown) => failureOf(failure) ?? []),
  }
}

function failureOf(value: unknown): TlsFailure | undefined {
  const details = record(value)
  const type = plain(details?.['result-type'])
  if (details === undefined || type === undefined) return undefined
  const failure: TlsFailure = { type, count: count(details['failed-session-count']) }
  const mx = plain(details['receiving-mx-hostname'])
  const address = plain(details['receiving-ip'])
  const reason = plain(details['failure-reason-code'])
  if (mx !== undefined) failure.mx = mx
  if (address !== undefined) failure.address = address
  if (reason !== undefined) failure.reason = reason
  return failure
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/** QUIRK: the grammar wants lists, and some senders give one string. */
function texts(value: unknown): string[] {
  const list = Array.isArray(value) ? (value as unknown[]) : [value]
  return list.slice(0, mostPolicies).flatMap((text) => plain(text) ?? [])
}

function plain(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  return value.slice(0, longestText).replaceAll(/\p{Cc}/gu, ' ')
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0
}

function time(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(value)) {
    return undefined
  }
  const parsed = Date.parse(value)
  return Number.isNaN(parsed) ? undefined : parsed
}
