/**
 * The owner's side of a visit: somebody's IMAP session over what this account shares with them, for one command.
 *
 * It is the same session that the owner has, over a store that shows and allows less, resumed from the state that the guest's
 * own account keeps.
 *
 * Standards: RFC 4314 §4.
 * Security: the guest's account has authenticated them and vouches for them; all else is hostile.
 */
import { encodeUtf8 } from '../../../format/index.ts'
import { type MailboxId, type MailStore, type Person, type SessionMail } from '../../../mailbox/index.ts'
import { bad, ImapError, no, parseCommand, type RawCommand } from '../../../protocol/imap/index.ts'
import type { SessionOutput } from '../../session/index.ts'
import { highestModSeqCode } from '../command/expunge.ts'
import type { Context } from '../context.ts'
import type { GuestAnswer, GuestCall, GuestWork } from '../others/port.ts'
import { refusalOf } from '../refusal.ts'
import { ImapSession, type ImapSessionDeps } from '../session.ts'
import { messagesOf, namedIn, type CarriedMessage } from './carried.ts'
import { putMessages } from './put.ts'
import { tellGuest } from './watch.ts'

/** It travels, and what is too large to sleep with is kept awake by the guest's own account. */
const maxState = 256 * 1024

export interface GuestDeps extends Pick<ImapSessionDeps, 'account' | 'clock' | 'log' | 'limits' | 'people'> {
  readonly store: MailStore
  readonly guest: Person
  /** What is said to the guest's client, and the octets of messages that are taken. */
  readonly output: { send(bytes: Uint8Array): void; onAcknowledge(acknowledge: (count: number) => void): void }
}

/** Never rejects for what the guest did. `octets`: what goes with the call. */
export async function answerGuest(deps: GuestDeps, call: GuestCall, octets: Uint8Array): Promise<GuestAnswer> {
  const { guest, output } = deps
  const shared = deps.store.guestSession(guest, call.prefix)
  if (shared === undefined) return nothingShared(deps, call)
  let closed = false
  const sessionOutput: SessionOutput = {
    send: (bytes) => output.send(bytes),
    control: () => {
      closed = true
    },
  }
  const session = ImapSession.resume(sessionDeps(deps, shared, sessionOutput), call.session)
  output.onAcknowledge((count) => session.acknowledge(count))
  // What it means is told by the guest's own account, which hears of it and asks.
  const stop = deps.store.onCommit((commit) => session.within((context) => context.note(commit)))
  try {
    const done = closed ? {} : await session.within((context) => work({ ...deps, session, context }, call, octets))
    return { ...done, ...left(session, () => closed) }
  } catch (error) {
    const refusal = refusalOf(error, (bug) => deps.log.error('imap: a guest was not served', bug))
    return { ...refused(refusal), ...left(session, () => closed) }
  } finally {
    stop()
  }
}

/** What the session goes on with; nothing when it cannot. */
function left(session: ImapSession, isClosed: () => boolean): Pick<GuestAnswer, 'session'> {
  const state = isClosed() ? undefined : session.state()
  if (state === undefined && !isClosed()) session.leave('Too much has happened, please reconnect')
  session.flush()
  return state === undefined ? {} : { session: state }
}

interface Desk extends GuestDeps {
  readonly session: ImapSession
  readonly context: Context
}

async function work(desk: Desk, call: GuestCall, octets: Uint8Array): Promise<GuestAnswer> {
  const { context, session } = desk
  const task = call.work
  switch (task.do) {
    case 'command': {
      context.isPart = task.part
      const done = await session.answer(rawCommand(call.tag, task.command, octets))
      if (done instanceof ImapError) return refused(done)
      return done === undefined ? {} : { completion: done }
    }
    case 'news':
      await session.news()
      return {}
    case 'watch':
      return { seen: tellGuest(context, task.groups, task.seen, task.first) }
    case 'name':
      return { named: namedIn(context, transferOf(context, rawCommand(call.tag, task.command, octets))) }
    case 'take':
      return { taken: (await messagesOf(context, task.uids)).map((message) => sent(desk, message)) }
    case 'remove': {
      const { mailbox } = context.writable
      context.store.expunge(mailbox, task.uids)
      context.sync(true, true)
      return { completion: { text: 'Removed', ...highestModSeqCode(context, mailbox) } }
    }
    case 'put':
      return { put: await putMessages(context, task.mailbox, carried(task, octets)) }
    case 'withdraw':
      // What the guest's own command has put there, even if they have lost the right meanwhile.
      desk.store.expunge(task.mailbox as MailboxId, task.uids)
      return {}
  }
}

/** The guest's rights are gone, or were never there. */
function nothingShared({ output }: GuestDeps, { session, work: task }: GuestCall): GuestAnswer {
  if (session.selected !== undefined) {
    output.send(encodeUtf8('* BYE The selected mailbox has been deleted\r\n'))
    return {}
  }
  if (task.do === 'watch' || (task.do === 'command' && task.part)) return { session }
  return { session, ...refused(no('No such mailbox', 'NONEXISTENT')) }
}

function refused({ type, code, message }: ImapError): GuestAnswer {
  return { refusal: { type: type === 'BAD' ? 'BAD' : 'NO', text: message, ...(code !== undefined && { code }) } }
}

function rawCommand(
  tag: string,
  { name, text, sizes }: Extract<GuestWork, { do: 'command' }>['command'],
  octets: Uint8Array,
): RawCommand {
  let at = 0
  return { tag, name, text: [...text], literals: sizes.map((size) => octets.subarray(at, (at += size))) }
}

function transferOf(context: Context, raw: RawCommand): Parameters<typeof namedIn>[1] {
  const command = parseCommand(raw, { utf8: context.utf8, sequenceSet: context.limits.sequenceSet })
  if (command.name !== 'COPY' && command.name !== 'MOVE') throw bad('Not a command that names messages')
  return command
}

function sent({ output }: GuestDeps, { uid, raw, keywords, receivedAt }: CarriedMessage) {
  output.send(raw)
  return { uid, size: raw.length, keywords, receivedAt }
}

function carried({ messages }: Extract<GuestWork, { do: 'put' }>, octets: Uint8Array): Omit<CarriedMessage, 'uid'>[] {
  let at = 0
  return messages.map(({ size, ...facts }) => ({ ...facts, raw: octets.subarray(at, (at += size)) }))
}

/** Nobody's home but the owner's: from here no other account is visited. */
function sessionDeps(
  { account, clock, log, limits, people }: GuestDeps,
  store: SessionMail,
  output: SessionOutput,
): ImapSessionDeps {
  return { store, account, clock, log, output, limits: { ...limits, state: maxState }, ...(people && { people }) }
}
