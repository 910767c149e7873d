/**
 * The user's side of a visit: sends a command to the account that it is about, passes on what is said there, and keeps the
 * state of the mailbox that is selected there.
 */
import { StoreError } from '../../../mailbox/index.ts'
import { ImapError, no, type RawCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import type { ImapSessionState } from '../session-state.ts'
import type { GuestAnswer, GuestWork, SentCommand } from './port.ts'
import type { Host, Visiting } from './visiting.ts'

export function sentCommand({ name, text, literals }: RawCommand): SentCommand {
  return { name, text, sizes: literals.map(({ length }) => length) }
}

/** Has work done at `host`. What is said there goes to the client, or to `receive`. */
export async function visit(
  context: Context,
  host: Host,
  tag: string,
  work: GuestWork,
  octets: readonly Uint8Array[] = [],
  receive?: (octets: Uint8Array) => void,
): Promise<GuestAnswer> {
  const { others, visiting, output } = context
  if (others === undefined) throw no('No such mailbox', 'NONEXISTENT')
  const here = visiting?.host.id === host.id ? visiting : undefined
  let said = false
  const toClient = (bytes: Uint8Array): Promise<void> | undefined => {
    said = true
    output.bytes(bytes)
    return output.congested ? output.drained() : undefined
  }
  const call = { prefix: host.prefix, tag, session: sessionAt(context, here), work }
  const answer = await others.visit(host.id, call, octets, receive ?? toClient).catch((error: unknown): GuestAnswer => {
    if (!said) throw error
    // In the middle of what was said, perhaps of a literal: nothing can be said behind it.
    return {}
  })
  if (answer === 'gone') {
    // In a command about several accounts it has no part any more.
    if (here === undefined && work.do === 'command' && work.part) return { session: call.session }
    if (here === undefined) throw no('No such mailbox', 'NONEXISTENT')
    throw new ImapError('BYE', 'The selected mailbox has been deleted')
  }
  const { session } = answer
  if (session === undefined) {
    // It has said BYE, or broken off.
    output.control({ close: true })
    context.closed = true
    return answer
  }
  for (const name of session.enabled) context.enabled.add(name)
  if (session.selected !== undefined) {
    if (here !== undefined) here.state = session
    else context.visiting = { host, state: session, hasNews: false }
  } else if (here !== undefined) context.visiting = undefined
  return answer
}

/** A command that is that account's alone. */
export async function forward(context: Context, host: Host, raw: RawCommand): Promise<Completion | undefined> {
  const work = { do: 'command', command: sentCommand(raw), part: false } as const
  return completionOf(await visit(context, host, raw.tag, work, raw.literals))
}

/** Undefined: nothing more is to be said. */
export function completionOf({ completion, refusal, session }: GuestAnswer): Completion | undefined {
  if (refusal !== undefined) throw new ImapError(refusal.type, refusal.text, refusal.code)
  return session === undefined ? undefined : completion
}

/** What has happened in the selected mailbox of somebody else. When it is out of reach, the next command tells. */
export async function tellVisited(context: Context, visiting: Visiting): Promise<void> {
  visiting.hasNews = false
  try {
    await visit(context, visiting.host, '*', { do: 'news' })
  } catch (error) {
    if (error instanceof StoreError && error.type === 'unavailable') return
    throw error
  }
}

function sessionAt({ enabled, idle, watch }: Context, here: Visiting | undefined): ImapSessionState {
  const session: ImapSessionState = { version: 1, enabled: [...enabled] }
  if (here?.state.selected !== undefined) session.selected = here.state.selected
  if (idle !== undefined) session.idle = idle
  // Which mailboxes are watched besides is this session's own business.
  if (watch !== undefined) {
    session.notify = { groups: [], ...(watch.wishes.selected && { selected: watch.wishes.selected }) }
  }
  return session
}
