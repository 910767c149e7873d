/**
 * `NOTIFY`: of which events at which mailboxes the client wants to be told, whatever it is doing.
 *
 * Standards: RFC 5465 §3.1, §5 (events that go together), §6 (mailboxes), §8 (formal syntax).
 * Limits: groups and mailboxes per command; the session bounds what it keeps of them.
 */
import type { Decoder } from '../decoder.ts'
import { bad, no } from '../error.ts'
import { parseFetchAttributes, type FetchItem } from './fetch.ts'

const messageEvents = ['MessageNew', 'MessageExpunge', 'FlagChange'] as const
const otherEvents = ['MailboxName', 'SubscriptionChange', 'MailboxMetadataChange', 'ServerMetadataChange'] as const
const events = [...messageEvents, ...otherEvents]

export type NotifyEvent = (typeof events)[number]

/** Mailboxes that are not selected. */
export type NotifySource =
  | { source: 'INBOXES' | 'PERSONAL' | 'SUBSCRIBED' }
  | { source: 'SUBTREE' | 'MAILBOXES'; mailboxes: string[] }

export interface NotifyGroup {
  of: NotifySource
  /** Empty for NONE. */
  events: NotifyEvent[]
}

/** Plain data, so that a session can keep it. */
export interface NotifyWishes {
  /** The selected mailbox, whichever that is; absent: nothing is to be told of its messages. */
  selected?: {
    /** EXPUNGE waits for a command that allows it. */
    delayed: boolean
    events: NotifyEvent[]
    /** What is to be sent of each new message. */
    fetch?: FetchItem[]
  }
  groups: NotifyGroup[]
}

export interface NotifyCommand {
  name: 'NOTIFY'
  /** No groups: NONE. */
  wishes: NotifyWishes
  /** Figures of the mailboxes watched are wanted at once. */
  status: boolean
}

const maxGroups = 100

export function parseNotify(decoder: Decoder): NotifyCommand {
  decoder.expectSp()
  if (decoder.word('NONE')) return { name: 'NOTIFY', wishes: { groups: [] }, status: false }
  if (!decoder.word('SET')) throw bad('Expected SET or NONE')
  decoder.expectSp()
  const status = decoder.word('STATUS')
  if (status) decoder.expectSp()
  const wishes: NotifyWishes = { groups: [] }
  let groups = 0
  do {
    if (++groups > maxGroups) throw no('Too many event groups', 'NOTIFICATIONOVERFLOW')
    parseGroup(decoder, wishes)
  } while (decoder.sp() && !decoder.blankTail)
  return { name: 'NOTIFY', wishes, status }
}

function parseGroup(decoder: Decoder, wishes: NotifyWishes): void {
  decoder.expectSpecial('(')
  const source = decoder.expectAtom('which mailboxes').toUpperCase()
  if (source === 'SELECTED' || source === 'SELECTED-DELAYED') {
    // RFC 5465 §6.1: only one of them.
    if (wishes.selected !== undefined) throw bad('The selected mailbox is specified twice')
    decoder.expectSp()
    const { events: wanted, fetch } = parseEvents(decoder, true)
    wishes.selected = { delayed: source === 'SELECTED-DELAYED', events: wanted, ...(fetch && { fetch }) }
  } else {
    const of = parseSource(decoder, source)
    decoder.expectSp()
    wishes.groups.push({ of, events: parseEvents(decoder, false).events })
  }
  decoder.expectSpecial(')')
}

function parseSource(decoder: Decoder, source: string): NotifySource {
  switch (source) {
    case 'INBOXES':
    case 'PERSONAL':
    case 'SUBSCRIBED':
      return { source }
    case 'SUBTREE':
    case 'MAILBOXES':
      decoder.expectSp()
      return { source, mailboxes: decoder.expectItemOrList(() => decoder.expectMailbox()) }
    default:
      throw bad('Unknown mailbox specifier')
  }
}

function parseEvents(decoder: Decoder, selected: boolean): { events: NotifyEvent[]; fetch?: FetchItem[] } {
  if (decoder.word('NONE')) return { events: [] }
  const wanted = new Set<NotifyEvent>()
  let fetch: FetchItem[] | undefined
  const list = decoder.expectList(() => {
    const name = decoder.expectAtom('an event').toUpperCase()
    const event = events.find((known) => known.toUpperCase() === name)
    // RFC 5465 §3.1: not BAD, and with the names of all that there are.
    if (event === undefined) throw no('There are no such events here', `BADEVENT (${events.join(' ')})`)
    if (selected && !isMessageEvent(event)) throw bad('The selected mailbox has message events only')
    wanted.add(event)
    if (event !== 'MessageNew' || !decoder.prefix(' (')) return
    if (!selected) throw bad('FETCH attributes are for the selected mailbox')
    fetch = parseFetchAttributes(decoder)
  })
  if (list.length === 0) throw bad('Expected events or NONE')
  // RFC 5465 §5: these go together.
  const [news, expunges, flags] = messageEvents.map((event) => wanted.has(event))
  if (news !== expunges || (flags && !news))
    throw bad('MessageNew and MessageExpunge go together, FlagChange with both')
  return { events: [...wanted], ...(fetch && { fetch }) }
}

export function isMessageEvent(event: NotifyEvent): boolean {
  return (messageEvents as readonly string[]).includes(event)
}
