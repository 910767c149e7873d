/**
 * Rights to a mailbox: one letter each, as IMAP writes them; and how JMAP says the same.
 *
 * Standards: RFC 4314 §2.1 (letters), RFC 8621 §2 (MailboxRights and the letters that each corresponds to), RFC 9670 §4
 * (mayShare).
 */
declare const brand: unique symbol

/** Lookup, read, seen, write, insert, post, create child, delete mailbox, delete messages, expunge, administer. */
const letters = ['l', 'r', 's', 'w', 'i', 'p', 'k', 'x', 't', 'e', 'a'] as const

export type Right = (typeof letters)[number]

/** Distinct letters in the order of RFC 4314; empty: nothing is allowed. Made by the functions of this file. */
export type Rights = '' | (string & { readonly [brand]: 'Rights' })

export const noRights: Rights = ''
/** What the owner has. */
export const allRights = letters.join('') as Rights

/** Rights with these letters; undefined when one of them is none, the obsolete `c` and `d` (RFC 4314 §2.1.1) included. */
export function parseRights(text: string): Rights | undefined {
  const given = Array.from(text)
  return given.every(isRight) ? formatRights(given) : undefined
}

/** In canonical order and without doubles. */
export function formatRights(given: Iterable<Right>): Rights {
  const wanted = new Set(given)
  return letters.filter((letter) => wanted.has(letter)).join('') as Rights
}

/** Whether all of `wanted` are there. */
export function hasRights(rights: Rights, wanted: Right | readonly Right[]): boolean {
  return typeof wanted === 'string' ? rights.includes(wanted) : wanted.every((letter) => rights.includes(letter))
}

/** What somebody has to whom both apply (RFC 4314 §2: rights of several identifiers add up). */
export function joinRights(a: Rights, b: Rights): Rights {
  return a === '' || a === b ? b : b === '' ? a : formatRights(Array.from(a + b) as Right[])
}

/** RFC 8621 §2, with RFC 9670's right to share. */
export interface MailboxRights {
  readonly mayReadItems: boolean
  readonly mayAddItems: boolean
  readonly mayRemoveItems: boolean
  readonly maySetSeen: boolean
  readonly maySetKeywords: boolean
  readonly mayCreateChild: boolean
  readonly mayRename: boolean
  readonly mayDelete: boolean
  readonly maySubmit: boolean
  readonly mayShare: boolean
}

/** All letters are required for the property to be true. Renaming and deleting are one right in IMAP. */
const lettersOf: Readonly<Record<keyof MailboxRights, readonly Right[]>> = {
  mayReadItems: ['l', 'r'],
  mayAddItems: ['i'],
  mayRemoveItems: ['t', 'e'],
  maySetSeen: ['s'],
  maySetKeywords: ['w'],
  mayCreateChild: ['k'],
  mayRename: ['x'],
  mayDelete: ['x'],
  maySubmit: ['p'],
  mayShare: ['a'],
}

export const mailboxRightNames = Object.keys(lettersOf) as readonly (keyof MailboxRights)[]

/** The rights as JMAP shows them. */
export function toMailboxRights(rights: Rights): MailboxRights {
  const entries = mailboxRightNames.map((name) => [name, hasRights(rights, lettersOf[name])])
  return Object.fromEntries(entries) as Record<keyof MailboxRights, boolean>
}

/**
 * The letters for what JMAP grants; whoever may do anything may look the mailbox up, since JMAP cannot name one that is not
 * there. Undefined when just one of mayRename and mayDelete is given: the one letter for both would be more, or nothing.
 */
export function fromMailboxRights(given: Partial<MailboxRights>): Rights | undefined {
  if ((given.mayRename === true) !== (given.mayDelete === true)) return undefined
  const wanted = mailboxRightNames.filter((name) => given[name] === true)
  return wanted.length === 0 ? noRights : formatRights(['l', ...wanted.flatMap((name) => lettersOf[name])])
}

function isRight(letter: string): letter is Right {
  return (letters as readonly string[]).includes(letter)
}
