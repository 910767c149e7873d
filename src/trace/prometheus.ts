/**
 * Counters and gauges in the text format that Prometheus scrapes (exposition format 0.0.4).
 */
import type { Counters } from './counters.ts'

export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8'

interface Metric {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
}

const metrics: readonly Metric[] = [
  { name: 'facteur_arrivals_total', type: 'counter', help: 'Whole messages that came, by the answer their sender got' },
  { name: 'facteur_arrived_bytes_total', type: 'counter', help: 'Octets of these messages' },
  {
    name: 'facteur_turned_away_total',
    type: 'counter',
    help: 'Connections, messages and recipients of strangers that were refused at the door',
  },
  { name: 'facteur_placements_total', type: 'counter', help: 'Copies put into mailboxes and queues' },
  { name: 'facteur_attempts_total', type: 'counter', help: 'Attempts to deliver to other servers, by recipient' },
  { name: 'facteur_webhook_attempts_total', type: 'counter', help: 'Attempts to tell a program of a message' },
  { name: 'facteur_delivery_delay_seconds', type: 'histogram', help: 'From arrival to delivery at another server' },
  { name: 'facteur_reports_total', type: 'counter', help: 'Delivery reports handed to senders' },
  {
    name: 'facteur_failures_total',
    type: 'counter',
    help: 'Recipients of mail that could be neither delivered nor reported',
  },
  {
    name: 'facteur_queue_messages',
    type: 'gauge',
    help: 'Messages that wait for a destination after a failed attempt',
  },
]

/** Series of `values` under the metric they belong to, sorted; metrics without a series are left out. */
export function prometheusText(values: Counters): string {
  const lines: string[] = []
  for (const { name, type, help } of metrics) {
    const series = Object.keys(values)
      .filter((key) => belongs(key, name, type))
      .sort(byBound)
    if (series.length === 0) continue
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
    for (const key of series) lines.push(`${key} ${values[key]}`)
  }
  return `${lines.join('\n')}\n`
}

/** `value` as it stands between the quotes of a label. */
export function labelValue(value: string): string {
  return value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')
}

function belongs(series: string, name: string, type: Metric['type']): boolean {
  const bare = series.replace(/\{.*/s, '')
  return (
    bare === name ||
    (type === 'histogram' && /^_(?:bucket|sum|count)$/.test(bare.slice(name.length)) && bare.startsWith(name))
  )
}

/** Buckets by their bound, as the format asks; everything else by name. */
function byBound(one: string, other: string): number {
  const [left, right] = [bound(one), bound(other)]
  if (left !== undefined && right !== undefined) return left - right
  return one < other ? -1 : 1
}

function bound(series: string): number | undefined {
  const found = /\{le="([^"]+)"\}/.exec(series)?.[1]
  return found === undefined ? undefined : found === '+Inf' ? Infinity : Number(found)
}
