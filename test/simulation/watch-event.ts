/**
 * Events of mail that goes out, as their receivers read them.
 */

/** As a receiver reads it. */
export interface SeenEvent {
  id: string
  type: string
  data: {
    id: string
    messageId: string | null
    sender: string
    recipients?: readonly string[]
    recipient?: string
    attempts?: number
  }
}

export function eventOf(id: string, body: string): SeenEvent {
  const { type, data } = JSON.parse(body) as Omit<SeenEvent, 'id'>
  return { id, type, data }
}

/** A message that a webhook is to have is no event of mail that goes out. */
export function isOutgoing(body: string): boolean {
  return !body.startsWith('{"type":"message.received"')
}

export function tokenOfEvent({ data }: SeenEvent): string {
  return /^<([^@>]*)@/.exec(data.messageId ?? '')?.[1] ?? ''
}

export function isEnd({ type, data }: SeenEvent): boolean {
  // What a report from elsewhere tells is of no attempt.
  return (type === 'message.delivered' || type === 'message.bounced') && data.attempts !== undefined
}

export function attemptOf({ data }: SeenEvent): number {
  return data.attempts ?? 0
}

export function isTaking({ type }: SeenEvent): boolean {
  return type === 'message.accepted'
}

/** How many copies there must be, each with its tries in order. */
export function copiesIn(events: readonly SeenEvent[]): number {
  const last: SeenEvent[] = []
  for (const event of events) {
    const before = last.filter((one) => isNext(one, event)).toSorted((a, b) => attemptOf(b) - attemptOf(a))[0]
    if (before === undefined) last.push(event)
    else last[last.indexOf(before)] = event
  }
  return last.length
}

/** What the operator deletes ends without another try. */
function isNext(before: SeenEvent, after: SeenEvent): boolean {
  if (isEnd(before)) return false
  const isOver = after.type === 'message.bounced'
  return isOver ? attemptOf(after) >= attemptOf(before) : attemptOf(after) > attemptOf(before)
}

/** The first try that is left out before the end. */
export function missingTry(events: readonly SeenEvent[]): number | undefined {
  const attempts = new Set(events.filter((event) => !isEnd(event)).map(attemptOf))
  const last = Math.max(0, ...events.filter(isEnd).map(attemptOf))
  for (let attempt = 1; attempt < last; attempt++) if (!attempts.has(attempt)) return attempt
  return undefined
}

export function inShort({ type, data }: SeenEvent): string {
  return `${type} ${data.attempts}`
}
