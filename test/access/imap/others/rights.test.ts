/**
 * Which right each command needs in a mailbox of somebody else, and what the client is told without it (RFC 4314 §4).
 */
import { beforeEach, describe, expect, it } from 'vitest'
import { deliver, simple, type Client } from '../harness.ts'
import { House } from './house.ts'

let house: House
let bob: Client
let uids: number[]

const inbox = '"Other Users/alice@facteur.test/INBOX"'
const projects = '"Other Users/alice@facteur.test/Projects"'
const last = async (command: string): Promise<string> => (await bob.command(command)).at(-1)!

/** Bob has these rights to Alice's inbox and has opened it. */
async function opened(rights: string): Promise<string[]> {
  house.share('alice', 'Inbox', 'bob', rights)
  return bob.command(`SELECT ${inbox}`)
}

const flagsOf = (uid: number): string[] => {
  const view = house.store('alice').view(house.mailbox('alice', 'Inbox'))
  const { keywords, deleted } = view.entry(view.indexOf(uid))
  return deleted ? [...keywords, 'deleted'] : [...keywords]
}

beforeEach(() => {
  house = new House()
  const alice = house.store('alice')
  alice.createMailbox({ name: 'Projects', parentId: null })
  uids = [...deliver(alice, simple), ...deliver(alice, simple), ...deliver(alice, simple)]
  bob = house.client('bob')
})

describe('opening', () => {
  it('needs r, and is READ-ONLY without any right to change something (§5.2)', async () => {
    expect((await opened('l')).at(-1)).toMatch(/^a NO \[NOPERM\]/)
    const lines = await opened('lrpka')
    expect(lines.at(-1)).toMatch(/^a OK \[READ-ONLY\]/)
    expect(lines).toContain('* OK [PERMANENTFLAGS ()] Flags that are kept')
    expect(await last('STORE 1 +FLAGS (\\Seen)')).toMatch(/^a NO \[READ-ONLY\]/)
    expect(await last('EXPUNGE')).toMatch(/^a NO \[READ-ONLY\]/)
  })

  it.each([
    ['lrs', '\\Seen', 'READ-WRITE'],
    ['lrt', '\\Deleted', 'READ-WRITE'],
    ['lrw', '\\Answered \\Flagged \\Draft \\*', 'READ-WRITE'],
    ['lri', '', 'READ-WRITE'],
    ['lrswite', '\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*', 'READ-WRITE'],
  ])('with %s says which flags can be kept (§5.1.2)', async (rights, flags, code) => {
    const lines = await opened(rights)
    expect(lines).toContain(`* OK [PERMANENTFLAGS (${flags})] Flags that are kept`)
    expect(lines.at(-1)).toMatch(`[${code}]`)
  })

  it('leaves nothing selected when it fails (RFC 9051 §6.3.2)', async () => {
    await bob.command('SELECT INBOX')
    expect(await opened('l')).toEqual([
      '* OK [CLOSED] Previous mailbox closed',
      expect.stringMatching(/^a NO \[NOPERM\]/),
    ])
    expect(await last('FETCH 1 FLAGS')).toMatch(/^a BAD/)
  })
})

describe('flags', () => {
  it('change as far as the rights go, and are refused only when none may be changed', async () => {
    await opened('lrs')
    expect(await last('STORE 1 +FLAGS (\\Seen \\Flagged)')).toBe('a OK STORE completed')
    expect(flagsOf(uids[0]!)).toEqual(['$seen'])
    expect(await last('STORE 1 +FLAGS (\\Flagged $Junk)')).toMatch(/^a NO \[NOPERM\]/)
    expect(await last('STORE 1 +FLAGS (\\Deleted)')).toMatch(/^a NO \[NOPERM\]/)
    expect(flagsOf(uids[0]!)).toEqual(['$seen'])
  })

  it('that may not be changed stay when all are replaced', async () => {
    house.store('alice').setFlags(house.mailbox('alice', 'Inbox'), uids, { add: ['$flagged', '\\deleted', 'blue'] })
    await opened('lrw')
    expect(await bob.command('STORE 1 FLAGS (\\Answered \\Seen)')).toContainEqual(
      expect.stringMatching(/^\* 1 FETCH \(UID \d+ FLAGS \(\\Deleted \\Answered\)\)$/),
    )
    expect(flagsOf(uids[0]!).sort()).toEqual(['$answered', 'deleted'])
  })

  it('of an email that is in another shared mailbox need the right there too', async () => {
    house.store('alice').copy(house.mailbox('alice', 'Inbox'), [uids[0]!], house.mailbox('alice', 'Projects'))
    house.share('alice', 'Projects', 'bob', 'lr')
    await opened('lrw')
    expect(await last('STORE 1 +FLAGS (\\Flagged)')).toMatch(/^a NO \[NOPERM\]/)
    expect(await last('STORE 2 +FLAGS (\\Flagged)')).toBe('a OK STORE completed')
  })

  it('are marked by reading only with s, and reading goes on without it', async () => {
    await opened('lrw')
    const read = await bob.send('a FETCH 1 BODY[TEXT]\r\n')
    expect(read).toContain('Hello Joe')
    expect(read).toContain('a OK FETCH completed')
    expect(flagsOf(uids[0]!)).toEqual([])
    await opened('lrs')
    await bob.send('a FETCH 1 BODY[TEXT]\r\n')
    expect(flagsOf(uids[0]!)).toEqual(['$seen'])
  })
})

describe('removing', () => {
  it('needs e to expunge, t to mark; CLOSE without e closes only', async () => {
    await opened('lrt')
    await bob.command('STORE 1 +FLAGS (\\Deleted)')
    expect(await last('EXPUNGE')).toMatch(/^a NO \[NOPERM\]/)
    expect(await last(`UID EXPUNGE ${uids[0]}`)).toMatch(/^a NO \[NOPERM\]/)
    expect(await last('CLOSE')).toBe('a OK Mailbox closed')
    expect(house.store('alice').counts(house.mailbox('alice', 'Inbox')).total).toBe(3)
    await opened('lre')
    expect(await bob.command('EXPUNGE')).toEqual(['* 1 EXPUNGE', 'a OK EXPUNGE completed'])
    expect(await last('STORE 1 +FLAGS (\\Deleted)')).toMatch(/^a NO \[NOPERM\]/)
  })

  it('needs t and e to move away, and i where it goes', async () => {
    house.share('alice', 'Projects', 'bob', 'lr')
    await opened('lrte')
    expect(await last(`MOVE 1 ${projects}`)).toMatch(/^a NO \[NOPERM\]/)
    expect(await last(`COPY 1 ${projects}`)).toMatch(/^a NO \[NOPERM\]/)
    house.share('alice', 'Projects', 'bob', 'li')
    await opened('lrt')
    expect(await last(`MOVE 1 ${projects}`)).toMatch(/^a NO \[NOPERM\]/)
    expect(await last(`COPY 1 ${projects}`)).toMatch(/^a OK \[COPYUID/)
    await opened('lrte')
    expect(await bob.command(`MOVE 1 ${projects}`)).toEqual([
      expect.stringMatching(/^\* OK \[COPYUID \d+ \d+ \d+\] Moved$/),
      '* 1 EXPUNGE',
      'a OK MOVE completed',
    ])
  })

  it('of a mailbox needs x, and of its messages t and e', async () => {
    house.share('alice', 'Projects', 'bob', 'lr')
    expect(await last(`DELETE ${projects}`)).toMatch(/^a NO \[NOPERM\]/)
    expect(await last(`RENAME ${projects} "Other Users/alice@facteur.test/Plans"`)).toMatch(/^a NO \[NOPERM\]/)
    house.share('alice', 'Projects', 'bob', 'lrx')
    expect(await last(`RENAME ${projects} "Plans"`)).toMatch(/^a NO \[CANNOT\]/)
    expect(await last(`RENAME ${projects} "Other Users/alice@facteur.test/Plans"`)).toBe('a OK RENAME completed')
    expect(house.store('alice').mailboxByPath(['Plans'])).toBeDefined()
    expect(await last('DELETE "Other Users/alice@facteur.test/Plans"')).toBe('a OK DELETE completed')
    expect(house.store('alice').mailboxByPath(['Plans'])).toBeUndefined()
  })

  it('of the inbox is the owner’s alone, with every right', async () => {
    await opened('lrswipkxtea')
    expect(await last(`DELETE ${inbox}`)).toMatch(/^a NO \[NOPERM\]/)
    expect(await last(`RENAME ${inbox} "Other Users/alice@facteur.test/Old"`)).toMatch(/^a NO \[NOPERM\]/)
  })
})

describe('adding', () => {
  const message = '{10+}\r\nA: b\r\n\r\nhi'

  it('needs i, and keeps the flags that may be set', async () => {
    house.share('alice', 'Projects', 'bob', 'lr')
    expect(await last(`APPEND ${projects} ${message}`)).toMatch(/^a NO \[NOPERM\]/)
    house.share('alice', 'Projects', 'bob', 'lis')
    expect(await last(`APPEND ${projects} (\\Seen \\Flagged) ${message}`)).toMatch(/^a OK \[APPENDUID \d+ \d+\]/)
    const [entry] = [...house.store('alice').view(house.mailbox('alice', 'Projects')).entries()]
    expect(entry!.keywords).toEqual(['$seen'])
  })

  it('asks the quota of the owner, not that of the guest (RFC 9208)', async () => {
    house.share('alice', 'Projects', 'bob', 'li')
    house.store('bob').updateAccount({ quota: 1 })
    expect(await last(`APPEND ${projects} ${message}`)).toMatch(/^a OK/)
    house.store('alice').updateAccount({ quota: 1 })
    expect(await last(`APPEND ${projects} ${message}`)).toMatch(/^a NO \[OVERQUOTA\]/)
    expect(await bob.command(`GETQUOTAROOT ${projects}`)).toEqual([
      `* QUOTAROOT ${projects} "Other Users/alice@facteur.test"`,
      expect.stringMatching(/^\* QUOTA "Other Users\/alice@facteur.test" \(STORAGE \d+ 0\)$/),
      'a OK GETQUOTAROOT completed',
    ])
    expect(await last('GETQUOTA "Other Users/alice@facteur.test"')).toBe('a OK GETQUOTA completed')
    house.share('alice', 'Projects', 'bob', 'lr')
    expect(await last('GETQUOTA "Other Users/alice@facteur.test"')).toMatch(/^a NO \[NONEXISTENT\]/)
  })

  it('makes mailboxes below one with k, which are shared as that one is', async () => {
    house.share('alice', 'Projects', 'bob', 'lr')
    const below = '"Other Users/alice@facteur.test/Projects/2027/May"'
    expect(await last(`CREATE ${below}`)).toMatch(/^a NO \[NOPERM\]/)
    expect(await last('CREATE "Other Users/alice@facteur.test/Mine"')).toMatch(/^a NO \[NOPERM\]/)
    house.share('alice', 'Projects', 'bob', 'lrk')
    expect(await last(`CREATE ${below}`)).toMatch(/^a OK \[MAILBOXID/)
    expect(await last(`CREATE ${below}`)).toMatch(/^a NO \[ALREADYEXISTS\]/)
    expect(await bob.command(`MYRIGHTS ${below}`)).toEqual([`* MYRIGHTS ${below} lrkc`, 'a OK MYRIGHTS completed'])
    expect(house.store('alice').mailboxByPath(['Projects', '2027', 'May'])).toBeDefined()
  })
})

describe('administering', () => {
  it('needs a; whoever has it may give what there is', async () => {
    house.share('alice', 'Projects', 'bob', 'lr')
    for (const command of [
      `GETACL ${projects}`,
      `SETACL ${projects} carol@facteur.test lr`,
      `SETACL ${projects} bob@facteur.test +a`,
      `DELETEACL ${projects} bob@facteur.test`,
      `LISTRIGHTS ${projects} carol@facteur.test`,
    ]) {
      expect(await last(command)).toMatch(/^a NO \[NOPERM\]/)
    }
    house.share('alice', 'Projects', 'bob', 'lra')
    expect(await last(`SETACL ${projects} carol@facteur.test lr`)).toBe('a OK SETACL completed')
    expect(await bob.command(`GETACL ${projects}`)).toEqual([
      `* ACL ${projects} alice@facteur.test lrswipkxteacd bob@facteur.test lra carol@facteur.test lr`,
      'a OK GETACL completed',
    ])
    expect(await last(`SETACL ${projects} alice@facteur.test l`)).toMatch(/^a NO \[NOPERM\]/)
    expect(house.store('alice').shareTellings.get('c1').changedBy).toMatchObject({ address: 'bob@facteur.test' })
  })

  it('of annotations: shared ones with r to read and w to set, private ones not at all (RFC 5464)', async () => {
    const id = house.mailbox('alice', 'Projects')
    house.store('alice').annotations.set(
      id,
      new Map([
        ['/private/comment', new TextEncoder().encode('hers')],
        ['/shared/comment', new TextEncoder().encode('ours')],
      ]),
    )
    house.share('alice', 'Projects', 'bob', 'lr')
    expect(await bob.command(`GETMETADATA (DEPTH infinity) ${projects} (/private /shared)`)).toEqual([
      `* METADATA ${projects} (/shared/comment "ours")`,
      'a OK GETMETADATA completed',
    ])
    expect(await last(`SETMETADATA ${projects} (/shared/comment "mine")`)).toMatch(/^a NO \[NOPERM\]/)
    house.share('alice', 'Projects', 'bob', 'lrw')
    expect(await last(`SETMETADATA ${projects} (/shared/comment "mine")`)).toBe('a OK SETMETADATA completed')
    expect(await last(`SETMETADATA ${projects} (/private/comment "mine")`)).toMatch(/^a NO \[METADATA NOPRIVATE\]/)
  })
})
