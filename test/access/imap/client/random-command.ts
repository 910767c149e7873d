/**
 * Commands that a client may send in the state it is in, made by chance.
 *
 * Standards: RFC 9051 §6.3–6.4, RFC 7162 §3, RFC 5256, RFC 9394, RFC 7377, RFC 8508, RFC 9586 §3.
 */
import { followedKeys, type FollowedKey } from './followed-search.ts'
import type { InProgress, MailboxView, Modes } from './mailbox-view.ts'
import type { Random } from './random.ts'
import type { StatusResponse } from './response.ts'

export interface Command extends InProgress {
  /** Behind the tag, CRLF included. */
  readonly text: string
  /** Switches CONDSTORE on (RFC 7162 §3.1). */
  readonly condstore?: boolean
  /** Numbers in SEARCH, SORT and THREAD responses are UIDs. */
  readonly uid?: boolean
  /** Its results are followed from now on (RFC 5267 §4.3). */
  readonly follows?: FollowedKey
  /** The tag of a search that is not followed any more. */
  readonly cancels?: string
  /** What NOTIFY asks for of the selected mailbox (RFC 5465 §6). */
  readonly notifies?: NewsWish
  done?(answer: StatusResponse): void
}

export type NewsWish = 'none' | 'delayed' | 'immediate'

export interface Situation {
  readonly random: Random
  readonly modes: Modes
  readonly view: MailboxView
  readonly readOnly: boolean
  /** Nothing may speak in numbers while another command is in progress (RFC 9051 §5.5). */
  readonly pipelined: boolean
  /** Tags of searches that are followed. */
  readonly followed: readonly string[]
}

const flags = ['\\Seen', '\\Flagged', '\\Answered', '\\Deleted', '$label1', 'red', 'blue']

type Draft = Omit<Command, 'tag'>
type Maker = (situation: Situation) => Draft | undefined

/** Weights in proportion. */
const makers: readonly (readonly [number, Maker])[] = [
  [6, () => ({ text: 'NOOP\r\n', byNumber: false })],
  [1, () => ({ text: 'CHECK\r\n', byNumber: false })],
  [8, learn],
  [8, fetch],
  [9, store],
  [6, search],
  [2, sortOrThread],
  [2, copyOrMove],
  [3, expunge],
  [2, append],
  [1, replace],
  [1, elsewhere],
  [2, follow],
  [1, cancel],
  [1, notify],
]

const total = makers.reduce((sum, [weight]) => sum + weight, 0)

export function randomCommand(situation: Situation): Draft {
  for (;;) {
    let at = situation.random.below(total)
    const [, maker] = makers.find(([weight]) => (at -= weight) < 0) as (typeof makers)[number]
    const draft = maker(situation)
    if (draft !== undefined && !(draft.byNumber && speaksInUids(situation))) return draft
  }
}

/** Numbers would mean other messages when the command arrives. */
function speaksInUids({ modes, pipelined }: Situation): boolean {
  return pipelined || modes.news === 'immediate'
}

interface Named {
  readonly uid: boolean
  readonly set: string
  /** UIDs or sequence numbers, of messages that may not all be known. */
  covers(number: number): boolean
}

/** A set of messages; undefined when there is none to name. */
function messages(situation: Situation): Named | undefined {
  const { random, modes, view } = situation
  if (view.exists === 0) return undefined
  if (!modes.uidOnly && !speaksInUids(situation) && random.chance(0.5)) {
    const [a, b] = [random.between(1, view.exists), random.between(1, view.exists)]
    if (random.chance(0.5)) return { uid: false, set: `${a}:${b}`, covers: between(a, b) }
    return { uid: false, set: `${a}`, covers: between(a, a) }
  }
  const known = view.messages().flatMap(({ uid }) => uid ?? [])
  if (known.length === 0) return undefined
  if (random.chance(0.3)) {
    const [a, b] = [random.pick(known), random.pick(known)]
    return { uid: true, set: `${a}:${b}`, covers: between(a, b) }
  }
  const uids = random.some(known, 0.2)
  return { uid: true, set: uids.join(','), covers: (uid) => uids.includes(uid) }
}

function between(a: number, b: number): (number: number) => boolean {
  return (number) => number >= Math.min(a, b) && number <= Math.max(a, b)
}

function prefix(uid: boolean): string {
  return uid ? 'UID ' : ''
}

/** What a client does first: asks which messages they are. */
export function learn({ modes, view }: Situation): Draft | undefined {
  if (view.exists === 0) return undefined
  const fetches = new Set(['UID', 'FLAGS'])
  if (modes.uidOnly) return { text: 'UID FETCH 1:* (FLAGS)\r\n', byNumber: false, fetches }
  const unknown = view.unknown()
  if (unknown.length === 0) return undefined
  if (modes.news === 'immediate') return { text: 'UID FETCH 1:* (FLAGS)\r\n', byNumber: false, fetches }
  return { text: `FETCH ${unknown[0]}:${unknown.at(-1)} (UID FLAGS)\r\n`, byNumber: true, fetches }
}

const itemSets = [
  ['FLAGS'],
  ['UID', 'FLAGS'],
  ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'],
  ['ENVELOPE', 'BODYSTRUCTURE'],
  ['BODY[]'],
  ['BODY[TEXT]', 'FLAGS'],
  ['BODY.PEEK[HEADER]', 'EMAILID', 'THREADID', 'PREVIEW', 'SAVEDATE'],
  ['BINARY[1]', 'BINARY.SIZE[1]'],
]

function fetch(situation: Situation): Draft | undefined {
  const { random, modes, view } = situation
  const named = messages(situation)
  if (named === undefined) return undefined
  const items = [...random.pick(itemSets)]
  let modifiers = ''
  let condstore = false
  if (modes.condstore && random.chance(0.3)) items.push('MODSEQ')
  if (random.chance(modes.condstore ? 0.2 : 0.01)) {
    condstore = true
    const earlier = named.uid && modes.vanished && modes.condstore && !modes.uidOnly && random.chance(0.5)
    modifiers = ` (CHANGEDSINCE ${Math.max(1, view.highestModSeq)}${earlier ? ' VANISHED' : ''})`
  } else if (named.uid && random.chance(0.1)) modifiers = ` (PARTIAL ${random.pick(['1:3', '-1:-2'])})`
  return {
    text: `${prefix(named.uid)}FETCH ${named.set} (${items.join(' ')})${modifiers}\r\n`,
    byNumber: !named.uid,
    fetches: new Set(items),
    earlier: modifiers.includes('VANISHED'),
    condstore: condstore || items.includes('MODSEQ'),
  }
}

function store(situation: Situation): Draft | undefined {
  const { random, modes, view, readOnly } = situation
  const named = readOnly ? undefined : messages(situation)
  if (named === undefined) return undefined
  const silent = random.chance(0.4)
  const action = random.pick(['+', '+', '-', ''] as const)
  const given = random.some(flags, 0.25)
  const conditional = random.chance(modes.condstore ? 0.2 : 0.01)
  const unchanged = conditional ? `(UNCHANGEDSINCE ${Math.max(1, view.highestModSeq - random.below(3))}) ` : ''
  return {
    text: `${prefix(named.uid)}STORE ${named.set} ${unchanged}${action}FLAGS${silent ? '.SILENT' : ''} (${given.join(' ')})\r\n`,
    byNumber: !named.uid,
    condstore: conditional,
    done({ code }) {
      if (!silent) return
      const modified = code?.name === 'MODIFIED' ? (code.sets?.[0] ?? []) : []
      const changed = (number: number | undefined): boolean =>
        number !== undefined && named.covers(number) && !modified.some(([first, last]) => between(first, last)(number))
      view.stored(
        view.messages().filter(({ uid }, index) => changed(named.uid ? uid : index + 1)),
        action,
        given.map((flag) => flag.toLowerCase()),
      )
    },
  }
}

const plainKeys = [
  'ALL',
  'UNSEEN',
  'DELETED',
  'NOT FLAGGED',
  'KEYWORD red',
  'SUBJECT hello',
  'TEXT tomorrow',
  'SMALLER 4000',
]

function program(situation: Situation, uid: boolean): { keys: string; numbers: boolean; modSeq: boolean } {
  const { random, modes, view } = situation
  if (!modes.uidOnly && !speaksInUids(situation) && view.exists > 0 && random.chance(0.2)) {
    return { keys: `${random.between(1, view.exists)}:* UNDELETED`, numbers: true, modSeq: false }
  }
  if (random.chance(modes.condstore ? 0.15 : 0.01)) return { keys: 'MODSEQ 1', numbers: false, modSeq: true }
  if (uid && random.chance(0.1)) return { keys: 'OR UID 1:* SEEN', numbers: false, modSeq: false }
  return { keys: random.some(plainKeys, 0.15).join(' '), numbers: false, modSeq: false }
}

function search(situation: Situation): Draft {
  const { random, modes } = situation
  const uid = modes.uidOnly || speaksInUids(situation) || random.chance(0.5)
  if (random.chance(0.1)) {
    return { text: 'ESEARCH IN (selected mailboxes Archive) RETURN (COUNT ALL) ALL\r\n', byNumber: false, uid: true }
  }
  const { keys, numbers, modSeq } = program(situation, uid)
  const options = random.pick([
    '',
    '',
    'RETURN () ',
    'RETURN (MIN MAX COUNT) ',
    'RETURN (SAVE) ',
    'RETURN (PARTIAL 1:5) ',
  ])
  return { text: `${prefix(uid)}SEARCH ${options}${keys}\r\n`, byNumber: !uid || numbers, uid, condstore: modSeq }
}

function sortOrThread(situation: Situation): Draft {
  const { random, modes } = situation
  const uid = modes.uidOnly || speaksInUids(situation) || random.chance(0.5)
  const { keys, numbers, modSeq } = program(situation, uid)
  const how = random.pick([
    'SORT (REVERSE ARRIVAL SUBJECT)',
    'SORT RETURN (ALL) (SIZE)',
    'THREAD REFERENCES',
    'THREAD REFS',
  ])
  return { text: `${prefix(uid)}${how} UTF-8 ${keys}\r\n`, byNumber: !uid || numbers, uid, condstore: modSeq }
}

function copyOrMove(situation: Situation): Draft | undefined {
  const { random, readOnly } = situation
  const named = messages(situation)
  if (named === undefined) return undefined
  const verb = readOnly || random.chance(0.5) ? 'COPY' : 'MOVE'
  // Numbers in the command itself: not with another command in progress, although EXPUNGE may answer it.
  if (!named.uid && situation.pipelined) return undefined
  return { text: `${prefix(named.uid)}${verb} ${named.set} Archive\r\n`, byNumber: false }
}

function expunge(situation: Situation): Draft | undefined {
  if (situation.readOnly) return undefined
  if (!situation.modes.uidOnly && situation.random.chance(0.5)) return { text: 'EXPUNGE\r\n', byNumber: false }
  return { text: 'UID EXPUNGE 1:*\r\n', byNumber: false }
}

function message(random: Random): string {
  const text = `Subject: hello ${random.below(50)}\r\nMessage-ID: <${random.below(1e9)}@x.test>\r\n\r\nUntil tomorrow.\r\n`
  return `{${text.length}+}\r\n${text}`
}

function append({ random, view }: Situation): Draft | undefined {
  if (view.exists > 60) return undefined
  const second = random.chance(0.2) ? ` (\\Flagged) ${message(random)}` : ''
  return {
    text: `APPEND ${random.pick(['INBOX', 'INBOX', 'Archive'])} (\\Seen red) ${message(random)}${second}\r\n`,
    byNumber: false,
  }
}

function replace(situation: Situation): Draft | undefined {
  const { random, view, readOnly } = situation
  const known = view.messages().flatMap(({ uid }) => uid ?? [])
  if (readOnly || known.length === 0) return undefined
  return { text: `UID REPLACE ${random.pick(known)} INBOX (\\Draft) ${message(random)}\r\n`, byNumber: false }
}

function elsewhere({ random }: Situation): Draft {
  const text = random.pick([
    'STATUS Archive (MESSAGES UIDNEXT UNSEEN SIZE DELETED)',
    'LIST "" * RETURN (STATUS (MESSAGES) SPECIAL-USE)',
    'GETQUOTAROOT INBOX',
    'GETMETADATA (DEPTH infinity) INBOX /private',
  ])
  return { text: `${text}\r\n`, byNumber: false }
}

/** By number only where numbers stay with their messages: VANISHED does not say which of several unknown ones went. */
function follow({ random, modes, pipelined, followed }: Situation): Draft | undefined {
  if (pipelined || followed.length >= 3) return undefined
  const uid = modes.vanished || modes.uidOnly || modes.news === 'immediate' || random.chance(0.5)
  const key = random.pick(Object.keys(followedKeys) as FollowedKey[])
  return {
    text: `${prefix(uid)}SEARCH RETURN (ALL UPDATE${random.chance(0.3) ? ' CONTEXT' : ''}) ${key}\r\n`,
    byNumber: !uid,
    uid,
    follows: key,
  }
}

function cancel({ random, followed }: Situation): Draft | undefined {
  if (followed.length === 0) return undefined
  const tag = random.pick(followed)
  return { text: `CANCELUPDATE "${tag}"\r\n`, byNumber: false, cancels: tag }
}

const wishes: Readonly<Record<NewsWish, readonly string[]>> = {
  none: ['NONE', 'SET (personal (MailboxName SubscriptionChange)) (selected NONE)'],
  delayed: [
    'SET (selected-delayed (MessageNew (UID FLAGS) MessageExpunge FlagChange))',
    'SET STATUS (selected-delayed (MessageNew MessageExpunge FlagChange)) (mailboxes Archive (MessageNew MessageExpunge))',
    'SET (selected-delayed (MessageNew MessageExpunge FlagChange)) (personal (MessageNew MessageExpunge FlagChange))',
  ],
  immediate: [
    'SET (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange))',
    'SET (selected (MessageNew (FLAGS ENVELOPE) MessageExpunge FlagChange)) (subtree Archive (MessageNew MessageExpunge))',
  ],
}

/** Another wish for news. With `selected`, EXPUNGE comes at any time: such a client speaks in UIDs. */
export function notify({ random, pipelined }: Situation, wish?: NewsWish): Draft | undefined {
  if (pipelined) return undefined
  const notifies = wish ?? random.pick(['none', 'delayed', 'immediate'] as const)
  return { text: `NOTIFY ${random.pick(wishes[notifies])}\r\n`, byNumber: false, notifies }
}
