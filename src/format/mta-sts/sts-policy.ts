/**
 * The policy file of MTA-STS: which hosts take a domain's mail, and whether it may go without verified TLS.
 *
 * Standards: RFC 8461 §3.2 (file), §4.1 (matching of MX names), RFC 5890 (A-labels).
 * Limits: 64 KB (§3.3), so many names as fit a report.
 * Security: whoever serves the policy host writes this. Unknown fields are skipped, a field that is known and wrong makes
 * the whole policy invalid: to guess would be to weaken it.
 */

export type StsMode = 'enforce' | 'testing' | 'none'

export interface StsPolicy {
  mode: StsMode
  /** Lower case, `mx.example.com` or `*.example.com`; empty in mode `none` only. */
  mx: string[]
  /** Seconds. */
  maxAge: number
}

/** §3.3: a client may stop reading there. */
export const largestStsPolicy = 64 * 1024
/** §3.2: about a year. */
const longestAge = 31_557_600
const mostNames = 100

/** What is wrong is a sentence for the operator and for the report. */
export type ParsedStsPolicy = { ok: true; policy: StsPolicy } | { ok: false; problem: string }

export function parseStsPolicy(text: string): ParsedStsPolicy {
  if (text.length > largestStsPolicy) return wrong('the policy is longer than 64 KB')
  const single = new Map<string, string>()
  const mx: string[] = []
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.replace(/[ \t]+$/, '')
    if (trimmed === '') continue
    const match = /^([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(.+)$/.exec(trimmed)
    if (match === null) return wrong('a line of the policy is no field')
    const [, name = '', value = ''] = match
    if (name === 'mx') mx.push(value.toLowerCase())
    // All but the first of a field that is not repeatable are ignored.
    else if (!single.has(name)) single.set(name, value)
  }
  if (single.get('version') !== 'STSv1') return wrong('the policy does not say version: STSv1')
  const mode = single.get('mode')
  if (mode !== 'enforce' && mode !== 'testing' && mode !== 'none') return wrong('the policy has no known mode')
  const age = single.get('max_age')
  if (age === undefined || !/^[0-9]{1,10}$/.test(age)) return wrong('the policy has no sound max_age')
  if (mx.length === 0 && mode !== 'none') return wrong('the policy names no mail server')
  if (mx.length > mostNames) return wrong(`the policy names more than ${mostNames} mail servers`)
  if (!mx.every(isPattern)) return wrong('the policy has a malformed mx')
  return { ok: true, policy: { mode, mx, maxAge: Math.min(Number(age), longestAge) } }
}

/** The file for a policy of ours (CRLF, as §3.2's example has it). */
export function formatStsPolicy(policy: StsPolicy): string {
  return stsPolicyLines(policy)
    .map((line) => `${line}\r\n`)
    .join('')
}

/** The policy in lines, as reports quote it (RFC 8460 §4.4, policy-string). */
export function stsPolicyLines({ mode, mx, maxAge }: StsPolicy): string[] {
  return ['version: STSv1', `mode: ${mode}`, ...mx.map((name) => `mx: ${name}`), `max_age: ${maxAge}`]
}

/** §4.1: `*.` stands for exactly one label. `host` in lower case, A-labels, without a final dot. */
export function stsAllows(policy: StsPolicy, host: string): boolean {
  return policy.mx.some((pattern) => {
    if (!pattern.startsWith('*.')) return pattern === host
    const dot = host.indexOf('.')
    return dot > 0 && host.slice(dot) === pattern.slice(1)
  })
}

function isPattern(text: string): boolean {
  const name = text.startsWith('*.') ? text.slice(2) : text
  if (name.length === 0 || name.length > 253) return false
  return name.split('.').every((label) => label.length <= 63 && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(label))
}

function wrong(problem: string): ParsedStsPolicy {
  return { ok: false, problem }
}
