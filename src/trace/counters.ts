/**
 * Events counted, for graphs and alarms.
 *
 * A counter's name is its Prometheus series: `facteur_arrivals_total{source="smtp",outcome="accepted"}`.
 */
import type { CountedEvent } from './event.ts'

export type Counters = Record<string, number>

/** Upper bounds in seconds: from at once to the five days after which mail is returned. */
export const delayBuckets = [1, 5, 15, 60, 300, 1_800, 7_200, 28_800, 86_400, 432_000] as const

/** Adds what the events say to `counters`. */
export function count(counters: Counters, events: readonly CountedEvent[]): void {
  const add = (series: string, amount = 1) => (counters[series] = (counters[series] ?? 0) + amount)
  for (const event of events) {
    switch (event.type) {
      case 'arrived': {
        const outcome = { '2': 'accepted', '4': 'deferred' }[event.reply.charAt(0)] ?? 'rejected'
        const labels = `{source="${label(event.source)}",outcome="${outcome}"}`
        add(`facteur_arrivals_total${labels}`)
        add(`facteur_arrived_bytes_total${labels}`, event.size)
        break
      }
      case 'ruled':
        if (event.dropped === true) add('facteur_discards_total')
        break
      case 'placed':
      case 'copied':
        add(`facteur_placements_total{place="${event.place.kind}",status="${event.status}"}`)
        break
      case 'attempt':
        add(`facteur_attempts_total{status="${event.status}",tls="${event.tls === undefined ? 'no' : 'yes'}"}`)
        if (event.status === 'delivered') observe(counters, event.age / 1_000)
        break
      case 'told':
        add(`facteur_webhook_attempts_total{event="${label(event.event)}",status="${event.status}"}`)
        break
      case 'turned-away':
        for (const [why, n] of Object.entries(event.counts)) {
          add(`facteur_turned_away_total{why="${label(why)}"}`, n)
        }
        break
      case 'reported':
        for (const action of event.actions) add(`facteur_reports_total{action="${label(action)}"}`)
        break
      case 'frozen':
      case 'discarded':
      case 'unreported':
      case 'unannounced':
        add(`facteur_failures_total{kind="${event.type}"}`, event.recipients.length)
    }
  }
}

function observe(counters: Counters, seconds: number): void {
  const add = (series: string, amount = 1) => (counters[series] = (counters[series] ?? 0) + amount)
  for (const bound of delayBuckets) {
    if (seconds <= bound) add(`facteur_delivery_delay_seconds_bucket{le="${bound}"}`)
  }
  add('facteur_delivery_delay_seconds_bucket{le="+Inf"}')
  add('facteur_delivery_delay_seconds_sum', seconds)
  add('facteur_delivery_delay_seconds_count')
}

/** Label values are ours, but are kept harmless all the same. */
function label(text: string): string {
  return text.replace(/[^\w.-]/g, '_')
}
