/**
 * Which literals may come: decided before the client sends a synchronising one, so that a message nobody can store is
 * not sent at all.
 *
 * Standards: RFC 9051 §4.3, RFC 7889 (APPENDLIMIT), RFC 7888 §4, RFC 5464 §4.3 (MAXSIZE).
 */
import { latin1 } from '../../format/index.ts'
import { ImapError, bad, no, type Literal, type RawCommand } from '../../protocol/imap/index.ts'
import type { Context } from './context.ts'
import { othersPrefix } from './others/names.ts'

/** The reason to refuse, or undefined. */
export function admitLiteral(context: Context, command: RawCommand, literal: Literal): ImapError | undefined {
  const { limits, store } = context
  if (!takesMessages(command) || isMailboxName(command)) {
    const sum = literal.size + command.literals.reduce((size, earlier) => size + earlier.length, 0)
    if (sum <= limits.argumentLiteral) return undefined
    const { maxAnnotationSize } = store.limits
    // RFC 5464 §4.3: the client learns how large a value may be, and is not told off for its grammar.
    if (command.name === 'SETMETADATA' && literal.size > maxAnnotationSize) {
      return no('An annotation is too large', `METADATA MAXSIZE ${maxAnnotationSize}`)
    }
    return bad('Literal too large', 'TOOBIG')
  }
  if (literal.size > limits.appendLimit) return no(`Messages may have ${limits.appendLimit} octets`, 'TOOBIG')
  const total = literal.size + command.literals.reduce((size, earlier) => size + earlier.length, 0)
  if (total > limits.appendTotal) return no('Too much for one command, append in several', 'TOOBIG')
  // Somebody else's quota is asked where it is.
  if (context.others !== undefined && mentionsOthers(command)) return undefined
  const { used, limit } = store.quota()
  if (limit !== undefined && used + total > limit) return no('The quota is exceeded', 'OVERQUOTA')
  return undefined
}

function takesMessages({ name }: RawCommand): boolean {
  return name === 'APPEND' || name === 'REPLACE' || name === 'UID REPLACE'
}

/** The mailbox may itself be a literal: the first argument of APPEND, the second of REPLACE. */
function isMailboxName(command: RawCommand): boolean {
  return command.literals.length === 0 && /^(?: \d+)? ~?\{\d+\+?\}$/.test(command.text[0] ?? '')
}

function mentionsOthers({ text, literals }: RawCommand): boolean {
  const [name] = literals
  return text[0]?.includes(othersPrefix) === true || (name !== undefined && latin1(name, 0, 32).includes(othersPrefix))
}
