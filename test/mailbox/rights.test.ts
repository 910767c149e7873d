import { describe, expect, test } from 'vitest'
import {
  allRights,
  formatRights,
  fromMailboxRights,
  hasRights,
  joinRights,
  type MailboxRights,
  mailboxRightNames,
  noRights,
  parseRights,
  type Right,
  type Rights,
  toMailboxRights,
} from '../../src/mailbox/index.ts'

const rights = (text: string): Rights => {
  const parsed = parseRights(text)
  if (parsed === undefined) throw new Error(`${text} are no rights`)
  return parsed
}

describe('letters (RFC 4314 §2.1)', () => {
  test('are kept in one order and without doubles', () => {
    expect(parseRights('aetxkpiwsrl')).toBe('lrswipkxtea')
    expect(parseRights('lrlr')).toBe('lr')
    expect(parseRights('')).toBe(noRights)
    expect(allRights).toBe('lrswipkxtea')
  })

  test.each(['lrc', 'd', 'lr0', 'L', 'n', 'l r', 'ł'])('%s has one that is none, or is obsolete (§2.1.1)', (text) => {
    expect(parseRights(text)).toBeUndefined()
  })

  test('are asked for one by one or together', () => {
    expect(hasRights(rights('lr'), 'l')).toBe(true)
    expect(hasRights(rights('lr'), ['l', 'r'])).toBe(true)
    expect(hasRights(rights('lr'), ['r', 's'])).toBe(false)
    expect(hasRights(noRights, 'l')).toBe(false)
    expect(hasRights(noRights, [])).toBe(true)
  })

  test('of several identifiers add up (RFC 4314 §2)', () => {
    expect(joinRights(rights('ls'), rights('lr'))).toBe('lrs')
    expect(joinRights(noRights, rights('lr'))).toBe('lr')
    expect(joinRights(rights('lr'), noRights)).toBe('lr')
  })
})

/** RFC 8621 §2, RFC 9670 §4: the letters that are all required. */
const correspondence: readonly (readonly [keyof MailboxRights, readonly Right[]])[] = [
  ['mayReadItems', ['l', 'r']],
  ['mayAddItems', ['i']],
  ['mayRemoveItems', ['t', 'e']],
  ['maySetSeen', ['s']],
  ['maySetKeywords', ['w']],
  ['mayCreateChild', ['k']],
  ['mayRename', ['x']],
  ['mayDelete', ['x']],
  ['maySubmit', ['p']],
  ['mayShare', ['a']],
]

describe('MailboxRights (RFC 8621 §2)', () => {
  test.each(correspondence)('%s corresponds to %j, all of them', (name, letters) => {
    expect(toMailboxRights(formatRights(letters))[name]).toBe(true)
    expect(toMailboxRights(allRights)[name]).toBe(true)
    for (const letter of letters) {
      const others = Array.from(allRights).filter((other) => other !== letter) as Right[]
      expect(toMailboxRights(formatRights(others))[name]).toBe(false)
    }
  })

  test('nothing is nothing, and every property is there', () => {
    expect(toMailboxRights(noRights)).toEqual(Object.fromEntries(mailboxRightNames.map((name) => [name, false])))
    expect(mailboxRightNames).toEqual(correspondence.map(([name]) => name))
  })

  test.each(correspondence)('%s grants %j, and that the mailbox can be looked up', (name, letters) => {
    const both = name === 'mayRename' || name === 'mayDelete' ? { mayRename: true, mayDelete: true } : {}
    expect(fromMailboxRights({ [name]: true, ...both })).toBe(formatRights(['l', ...letters]))
  })

  test('what is false or absent grants nothing', () => {
    expect(fromMailboxRights({})).toBe(noRights)
    expect(fromMailboxRights(toMailboxRights(noRights))).toBe(noRights)
  })

  test('renaming without deleting cannot be said with one letter, so it is refused and not made more or less', () => {
    expect(fromMailboxRights({ mayReadItems: true, mayRename: true })).toBeUndefined()
    expect(fromMailboxRights({ mayReadItems: true, mayDelete: true, mayRename: false })).toBeUndefined()
  })

  test('letters become JMAP rights and the same letters again, where JMAP can say them', () => {
    for (const text of ['', 'lr', 'lrs', 'lrswi', 'lrswipkxtea', 'li', 'lk', 'lte']) {
      expect(fromMailboxRights(toMailboxRights(rights(text)))).toBe(text)
    }
  })
})
