/**
 * The examples of LIST-EXTENDED (RFC 5258 §5), as far as they are of local mailboxes, and SPECIAL-USE (RFC 6154 §5).
 */
import { beforeEach, describe, expect, it } from 'vitest'
import type { MailStore } from '../../../src/mailbox/index.ts'
import { Client, newStore } from './harness.ts'

let store: MailStore
let client: Client

beforeEach(async () => {
  store = newStore()
  client = new Client(store)
  for (const mailbox of store.mailboxes()) store.updateMailbox(mailbox.id, { isSubscribed: false })
})

async function tree(names: string[], subscribed: string[]): Promise<void> {
  for (const name of names) await client.command(`CREATE ${name}`)
  for (const name of subscribed) await client.command(`SUBSCRIBE ${name}`)
}

/** Names, each with what stands before and behind it, without what every answer has. */
async function list(command: string): Promise<string[]> {
  const lines = await client.command(`LIST ${command}`)
  expect(lines.at(-1)).toBe('a OK LIST completed')
  return lines.slice(0, -1).map((line) => line.replace('* LIST ', '').replace(' "/"', ''))
}

describe('the examples of RFC 5258', () => {
  it('2 and 3: what is subscribed, and what has children', async () => {
    const names = ['Fruit/Apple', 'Fruit/Banana', 'Tofu', 'Vegetable/Broccoli', 'Vegetable/Corn']
    await tree(names, ['INBOX', 'Fruit/Banana', 'Vegetable', 'Vegetable/Broccoli'])
    expect(await list('(SUBSCRIBED) "" "*"')).toEqual([
      '(\\HasNoChildren \\Subscribed) "Fruit/Banana"',
      '(\\HasChildren \\Subscribed) "Vegetable"',
      '(\\HasNoChildren \\Subscribed) "Vegetable/Broccoli"',
      '(\\HasNoChildren \\Subscribed) "INBOX"',
    ])
    const children = await list('() "" "%" RETURN (CHILDREN)')
    expect(children).toContain('(\\HasChildren) "Fruit"')
    expect(children).toContain('(\\HasNoChildren) "Tofu"')
    // 5: nothing here is remote.
    expect(await list('(REMOTE SUBSCRIBED) "" "*"')).toEqual(await list('(SUBSCRIBED) "" "*"'))
  })

  it('7: several patterns, and one answer for each mailbox', async () => {
    await tree(['Sent/March2004', 'Sent/December2003'], [])
    expect(await list('"" ("INBOX" "Drafts" "Sent/%" "Sent/*")')).toEqual([
      '(\\HasNoChildren) "INBOX"',
      '(\\HasNoChildren \\Drafts) "Drafts"',
      '(\\HasNoChildren) "Sent/December2003"',
      '(\\HasNoChildren) "Sent/March2004"',
    ])
  })

  it('8: the difference between \\HasChildren and CHILDINFO', async () => {
    await tree(['Foo/Bar', 'Foo/Baz', 'Moo'], ['Foo/Baz'])
    expect(await list('(SUBSCRIBED) "" "*"')).toEqual(['(\\HasNoChildren \\Subscribed) "Foo/Baz"'])
    expect(await list('(SUBSCRIBED) "" "%"')).toEqual([])
    expect(await list('(SUBSCRIBED RECURSIVEMATCH) "" "%"')).toEqual([
      '(\\HasChildren) "Foo" ("CHILDINFO" ("SUBSCRIBED"))',
    ])
    await client.command('SUBSCRIBE Foo')
    expect(await list('(SUBSCRIBED RECURSIVEMATCH) "" "%"')).toEqual([
      '(\\HasChildren \\Subscribed) "Foo" ("CHILDINFO" ("SUBSCRIBED"))',
    ])
    await client.command('UNSUBSCRIBE Foo/Baz')
    await client.command('SUBSCRIBE Moo')
    expect(await list('(SUBSCRIBED RECURSIVEMATCH) "" "%" RETURN (CHILDREN)')).toEqual([
      '(\\HasChildren \\Subscribed) "Foo"',
      '(\\HasNoChildren \\Subscribed) "Moo"',
    ])
    await client.command('UNSUBSCRIBE Foo')
    await client.command('UNSUBSCRIBE Moo')
    expect(await list('(SUBSCRIBED RECURSIVEMATCH) "" "%"')).toEqual([])
  })

  it('9: CHILDINFO whether or not the children match the pattern, but nothing redundant', async () => {
    const subscribed = [
      'foo2/bar1',
      'foo2/bar2',
      'baz2/bar2',
      'baz2/bar22',
      'baz2/bar222',
      'eps2',
      'eps2/mamba',
      'qux2/bar2',
    ]
    await tree(subscribed, subscribed)
    expect((await list('(RECURSIVEMATCH SUBSCRIBED) "" "*2"')).sort()).toEqual(
      [
        '(\\HasChildren) "foo2" ("CHILDINFO" ("SUBSCRIBED"))',
        '(\\HasNoChildren \\Subscribed) "foo2/bar2"',
        '(\\HasNoChildren \\Subscribed) "baz2/bar2"',
        '(\\HasNoChildren \\Subscribed) "baz2/bar22"',
        '(\\HasNoChildren \\Subscribed) "baz2/bar222"',
        '(\\HasChildren \\Subscribed) "eps2" ("CHILDINFO" ("SUBSCRIBED"))',
        '(\\HasNoChildren \\Subscribed) "qux2/bar2"',
      ].sort(),
    )
    // §3.5, the table: what is chosen itself has it wherever something below is chosen too.
    expect(await list('(RECURSIVEMATCH SUBSCRIBED) "" "*"')).toContain(
      '(\\HasChildren \\Subscribed) "eps2" ("CHILDINFO" ("SUBSCRIBED"))',
    )
  })

  it.each(['(RECURSIVEMATCH)', '(REMOTE RECURSIVEMATCH)', '(RECURSIVEMATCH SPECIAL-USE)', '(NONSENSE)', '(SUBSCRIBED'])(
    'BAD for %s (§3.1, §6; RFC 6154 §6)',
    async (selection) => {
      expect((await client.command(`LIST ${selection} "" *`)).at(-1)).toMatch(/^a BAD/)
    },
  )

  it('asks for no figures of what is told only for what lies below (RFC 5819 §2)', async () => {
    await tree(['Foo/Bar'], ['Foo/Bar'])
    const lines = await list('(SUBSCRIBED RECURSIVEMATCH) "" % RETURN (STATUS (MESSAGES))')
    expect(lines).toEqual(['(\\HasChildren) "Foo" ("CHILDINFO" ("SUBSCRIBED"))'])
  })
})

describe('the examples of RFC 6154', () => {
  it('5.2: those of special use, with all other options', async () => {
    expect(await list('(SPECIAL-USE) "" "*"')).toEqual([
      '(\\HasNoChildren \\Drafts) "Drafts"',
      '(\\HasNoChildren \\Sent) "Sent"',
      '(\\HasNoChildren \\Junk) "Junk"',
      '(\\HasNoChildren \\Trash) "Trash"',
      '(\\HasNoChildren \\Archive) "Archive"',
    ])
    await client.command('SUBSCRIBE Sent')
    expect(await list('(SPECIAL-USE SUBSCRIBED) "" "*"')).toEqual(['(\\HasNoChildren \\Subscribed \\Sent) "Sent"'])
  })

  it('5.3: a use that is not supported makes no mailbox', async () => {
    expect((await client.command('CREATE Everything (USE (\\All))')).at(-1)).toMatch(/^a NO \[USEATTR\]/)
    expect(await list('"" Everything')).toEqual([])
  })

  it('4: a use that another mailbox has is refused by SETMETADATA as by CREATE', async () => {
    await client.command('CREATE SavedDrafts')
    const command = 'SETMETADATA SavedDrafts (/private/specialuse "\\\\Drafts")'
    expect((await client.command(command)).at(-1)).toMatch(/^a NO \[USEATTR\]/)
    expect((await client.command('SETMETADATA Drafts (/private/specialuse "\\\\Drafts")')).at(-1)).toContain('a OK')
    await client.command('SETMETADATA Drafts (/private/specialuse NIL)')
    expect((await client.command(command)).at(-1)).toContain('a OK')
  })
})
