/**
 * Counts how TLS with one destination's mail servers fares, by day and by the policy that applied.
 *
 * Standards: RFC 8460 §4 (what is counted), §4.1 (days are UTC's).
 * Limits: policies, and kinds of failure in each, are bounded; beyond that failures are only summed up.
 */
import type { TlsFailure, TlsPolicyResult } from '../format/index.ts'
import type { TlsSessionResult } from './secured-targets.ts'

const mostPolicies = 20
const mostFailures = 100
const longestReason = 200
/** Reports that nobody takes are given up after a day more (§5.4); so nothing older is of use. */
const mostDays = 3
const dayLength = 86_400_000

/** Days by number since the epoch. */
export type TlsDays = Record<string, TlsPolicyResult[]>

export class TlsStatistics {
  #days: TlsDays

  constructor(days: TlsDays = {}) {
    this.#days = days
  }

  note(results: readonly TlsSessionResult[], now: number): void {
    const day = String(Math.floor(now / dayLength))
    const policies = (this.#days[day] ??= [])
    for (const result of results) count(policies, result)
    this.#forgetOld()
  }

  #forgetOld(): void {
    for (const old of Object.keys(this.#days).slice(0, -mostDays)) delete this.#days[old]
  }

  /** Adds what was counted elsewhere. */
  add(days: TlsDays): void {
    for (const [day, results] of Object.entries(days)) {
      const policies = (this.#days[day] ??= [])
      for (const result of results) merge(policies, result)
    }
    this.#forgetOld()
  }

  /** The earliest day that something is known of. */
  get first(): { day: number; results: readonly TlsPolicyResult[] } | undefined {
    const [day] = Object.keys(this.#days)
    return day === undefined ? undefined : { day: Number(day), results: this.#days[day] as TlsPolicyResult[] }
  }

  forget(day: number): void {
    delete this.#days[String(day)]
  }

  clear(): void {
    this.#days = {}
  }

  toJSON(): TlsDays {
    return this.#days
  }
}

/** When a day begins and ends, in milliseconds since the epoch. */
export function periodOf(day: number): { start: number; end: number } {
  return { start: day * dayLength, end: (day + 1) * dayLength - 1000 }
}

function count(policies: TlsPolicyResult[], { policy, problem, mx, address, reason }: TlsSessionResult): void {
  if (problem === undefined) {
    merge(policies, { policy, successes: 1, failed: 0, failures: [] })
    return
  }
  const failure: TlsFailure = { type: problem, count: 1 }
  if (mx !== undefined) failure.mx = mx
  if (address !== undefined) failure.address = address
  if (reason !== undefined) failure.reason = reason.slice(0, longestReason)
  merge(policies, { policy, successes: 0, failed: 1, failures: [failure] })
}

function merge(policies: TlsPolicyResult[], { policy, successes, failed, failures }: TlsPolicyResult): void {
  const key = JSON.stringify(policy)
  let known = policies.find((one) => JSON.stringify(one.policy) === key)
  if (known === undefined) {
    if (policies.length >= mostPolicies) return
    policies.push((known = { policy, successes: 0, failed: 0, failures: [] }))
  }
  known.successes += successes
  known.failed += failed
  for (const failure of failures) {
    const { type, mx, address, reason } = failure
    const same = known.failures.find(
      (one) => one.type === type && one.mx === mx && one.address === address && one.reason === reason,
    )
    if (same !== undefined) same.count += failure.count
    else if (known.failures.length < mostFailures) known.failures.push({ ...failure })
  }
}
