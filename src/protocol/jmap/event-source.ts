/**
 * The event source resource: its query parameters and the text of its events. The host owns the connection and timers.
 *
 * Standards: RFC 8620 §7.1 (StateChange), §7.3 (event source); WHATWG HTML §9.2 (event stream format).
 */

/** Type name → state, as `Foo/get` would give it now. */
export type TypeState = Readonly<Record<string, string>>

export interface StateChange {
  readonly '@type': 'StateChange'
  readonly changed: Readonly<Record<string, TypeState>>
}

export interface EventSourceOptions {
  /** Undefined: all types. */
  readonly types: ReadonlySet<string> | undefined
  /** End the response after the first `state` event: for buffering proxies. */
  readonly closeAfterState: boolean
  /** Seconds between pings; 0: none. */
  readonly ping: number
}

/** Frequent pings keep an object and its radio-bound client awake; rare ones outlive proxies' patience. */
export const minPingSeconds = 30
export const maxPingSeconds = 900

/** Reads `types`, `closeafter` and `ping`; undefined when one is missing or malformed (answer 400). */
export function parseEventSourceQuery(query: URLSearchParams): EventSourceOptions | undefined {
  const types = query.get('types')
  const closeAfter = query.get('closeafter')
  const ping = query.get('ping')
  if (types === null || types === '' || ping === null || !/^\d{1,9}$/.test(ping)) return undefined
  if (closeAfter !== 'state' && closeAfter !== 'no') return undefined
  const names = types.split(',')
  if (names.length > 100 || (types !== '*' && !names.every((name) => /^[A-Za-z0-9:._-]+$/.test(name)))) return undefined
  return {
    types: types === '*' ? undefined : new Set(names),
    closeAfterState: closeAfter === 'state',
    ping: clampPing(Number(ping)),
  }
}

function clampPing(seconds: number): number {
  return seconds === 0 ? 0 : Math.min(maxPingSeconds, Math.max(minPingSeconds, seconds))
}

/** What of a change a client asked for; undefined when nothing is left. */
export function filterTypes(change: StateChange, types: ReadonlySet<string> | undefined): StateChange | undefined {
  if (types === undefined) return change
  const changed: Record<string, TypeState> = {}
  for (const [accountId, states] of Object.entries(change.changed)) {
    const kept = Object.entries(states).filter(([type]) => types.has(type))
    if (kept.length > 0) changed[accountId] = Object.fromEntries(kept)
  }
  return Object.keys(changed).length === 0 ? undefined : { '@type': 'StateChange', changed }
}

/** A `state` event. `id` encodes the whole state the user can see and comes back as Last-Event-ID. */
export function stateEvent(change: StateChange, id: string): string {
  return `event: state\nid: ${id.replace(/[\r\n\0]/g, '')}\ndata: ${JSON.stringify(change)}\n\n`
}

/** A `ping` event, which tells the client the interval really used. */
export function pingEvent(interval: number): string {
  return `event: ping\ndata: ${JSON.stringify({ interval })}\n\n`
}
