/**
 * CONTEXT=SEARCH and CONTEXT=SORT (RFC 5267 §4), with NOTIFY's part in them (RFC 5465 §7).
 */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { StoreError, type MailStore } from '../../../src/mailbox/index.ts'
import { Client, deliver, newStore, settled, simple } from './harness.ts'

let store: MailStore
let client: Client
let other: Client
let uids: number[]

const inbox = () => store.mailboxByRole('inbox')!.id
const mail = (subject: string, from = 'bob') =>
  `From: ${from}@example.com\r\nSubject: ${subject}\r\n\r\nText of ${subject}\r\n`

beforeEach(async () => {
  store = newStore()
  client = await new Client(store).select()
  other = await new Client(store).select()
  uids = deliver(store, [mail('b'), mail('d'), mail('f')])
  await client.command('NOOP')
  await other.command('NOOP')
})

async function told(): Promise<string[]> {
  await settled()
  return client.take().split('\r\n').slice(0, -1)
}

async function noop(): Promise<string[]> {
  return (await client.send('n NOOP\r\n')).split('\r\n').slice(0, -2)
}

/** A command with this tag. */
async function tagged(tag: string, command: string): Promise<string[]> {
  return (await client.send(`${tag} ${command}\r\n`)).split('\r\n').slice(0, -1)
}

describe('the commands', () => {
  it('take CONTEXT as the hint that it is (§4.2)', async () => {
    expect(await tagged('A01', 'SEARCH RETURN (CONTEXT COUNT) UNDELETED UNKEYWORD $Junk')).toEqual([
      '* ESEARCH (TAG "A01") COUNT 3',
      'A01 OK SEARCH completed',
    ])
  })

  it('refuse a tag that is in use (§4.3)', async () => {
    await tagged('B01', 'UID SEARCH RETURN (UPDATE COUNT) DELETED')
    expect(await tagged('B01', 'SORT RETURN (UPDATE) (DATE) UTF-8 FLAGGED')).toEqual(['B01 BAD Tag reuse'])
    expect((await tagged('B01', 'SEARCH RETURN (COUNT) ALL')).at(-1)).toContain('OK')
  })

  it('answer the other options even when updates are refused, and say so (§4.3.1)', async () => {
    for (let number = 1; number <= 8; number++) await tagged(`c${number}`, 'SEARCH RETURN (UPDATE COUNT) SEEN')
    expect(await tagged('B02', 'UID SORT RETURN (UPDATE COUNT) (DATE) UTF-8 ALL')).toEqual([
      '* ESEARCH (TAG "B02") UID COUNT 3',
      '* NO [NOUPDATE "B02"] Updates of this are not to be had',
      'B02 OK SORT completed',
    ])
    await client.command('CANCELUPDATE "c1" "c2"')
    expect((await tagged('B03', 'SEARCH RETURN (UPDATE COUNT) ALL')).join()).not.toContain('NOUPDATE')
  })

  it.each([
    ['FUZZY TEXT b', 'depend on other messages'],
    ['SUBJECT something '.repeat(60), 'are too long to keep'],
  ])('(%s) have no updates when they %s', async (keys) => {
    expect((await tagged('x', `UID SEARCH RETURN (UPDATE COUNT) ${keys.trim()}`))[1]).toContain('NO [NOUPDATE "x"]')
  })

  it.each([
    ['CANCELUPDATE', 'without a tag'],
    ['SEARCH RETURN (UPDATE (NONSENSE)) ALL', 'with an unknown attribute'],
    ['SEARCH RETURN (UPDATE ()) ALL', 'with an empty list'],
  ])('%s is BAD: %s', async (command) => {
    expect((await client.command(command)).at(-1)).toMatch(/^a BAD/)
  })

  it('CANCELUPDATE is for the selected state', async () => {
    await client.command('UNSELECT')
    expect((await client.command('CANCELUPDATE "x"')).at(-1)).toMatch(/^a BAD/)
  })

  it('give no updates of other mailboxes (RFC 7377)', async () => {
    expect(await tagged('m', 'ESEARCH IN (personal) RETURN (COUNT UPDATE) ALL')).toContain(
      '* NO [NOUPDATE "m"] Updates are of SEARCH and SORT',
    )
  })

  it('are in the capability list', async () => {
    const [line] = await client.command('CAPABILITY')
    expect(line).toContain(' CONTEXT=SEARCH CONTEXT=SORT ')
  })
})

describe('a search', () => {
  it('is told of what comes into it and goes out of it by flags, behind the FETCH (§4.3.3, §4.3.4)', async () => {
    await tagged('B01', 'UID SEARCH RETURN (UPDATE COUNT) FLAGGED')
    await other.command('STORE 1:2 +FLAGS (\\Flagged)')
    const lines = await noop()
    expect(lines.slice(0, -1).every((line) => line.includes('FETCH'))).toBe(true)
    expect(lines.at(-1)).toBe(`* ESEARCH (TAG "B01") UID ADDTO (0 ${uids[0]}:${uids[1]})`)
    await other.command('STORE 1 -FLAGS (\\Flagged)')
    expect((await noop()).at(-1)).toBe(`* ESEARCH (TAG "B01") UID REMOVEFROM (0 ${uids[0]})`)
    await other.command('STORE 3 +FLAGS (\\Seen)')
    expect((await noop()).join()).not.toContain('ESEARCH')
  })

  it('is told of what the client itself changes', async () => {
    await tagged('B01', 'SEARCH RETURN (UPDATE COUNT) UNSEEN')
    expect(await client.command('STORE 2 +FLAGS.SILENT (\\Seen)')).toEqual([
      '* ESEARCH (TAG "B01") REMOVEFROM (0 2)',
      'a OK STORE completed',
    ])
    expect((await client.command('FETCH 3 BODY[TEXT]')).at(-2)).toBe('* ESEARCH (TAG "B01") REMOVEFROM (0 3)')
  })

  it('is told of new messages behind EXISTS, and of those that go before EXPUNGE (§4.3.3, §4.3.4)', async () => {
    await tagged('B01', 'SEARCH RETURN (UPDATE COUNT) ALL')
    deliver(store, simple)
    expect(await noop()).toEqual(['* 4 EXISTS', '* ESEARCH (TAG "B01") ADDTO (0 4)'])
    store.expunge(inbox(), [uids[0]!, uids[2]!])
    expect(await noop()).toEqual(['* ESEARCH (TAG "B01") REMOVEFROM (0 1,3)', '* 1 EXPUNGE', '* 2 EXPUNGE'])
  })

  it('notifies of expunged messages even where EXPUNGE must wait (A.3)', async () => {
    await tagged('B01', 'SEARCH RETURN (UPDATE) ALL')
    store.expunge(inbox(), [uids[1]!])
    expect((await client.command('FETCH 1 FLAGS')).at(-2)).toBe('* ESEARCH (TAG "B01") REMOVEFROM (0 2)')
    expect(await noop()).toEqual(['* 2 EXPUNGE'])
  })

  it('looks into the text of new messages', async () => {
    await tagged('B01', 'UID SEARCH RETURN (UPDATE COUNT) BODY "Text of x"')
    const [, x] = deliver(store, [mail('w'), mail('x')])
    expect((await noop()).at(-1)).toBe(`* ESEARCH (TAG "B01") UID ADDTO (0 ${x})`)
  })

  it('means by numbers and $ what they meant when it was made (§4.3)', async () => {
    await tagged('B01', 'UID SEARCH RETURN (UPDATE) 2:3 UNSEEN')
    await client.command('SEARCH RETURN (SAVE) SUBJECT b')
    await tagged('B02', 'UID SEARCH RETURN (UPDATE) $ UNSEEN')
    store.expunge(inbox(), [uids[0]!])
    await noop()
    deliver(store, simple)
    store.setFlags(inbox(), [uids[2]!], { add: ['$seen'] })
    expect((await noop()).filter((line) => line.includes('ESEARCH'))).toEqual([
      `* ESEARCH (TAG "B01") UID REMOVEFROM (0 ${uids[2]})`,
    ])
  })

  it('goes on at the open end of UID 5:*', async () => {
    await tagged('B01', `UID SEARCH RETURN (UPDATE) UID ${uids[2]}:*`)
    const [uid] = deliver(store, simple)
    expect((await noop()).at(-1)).toBe(`* ESEARCH (TAG "B01") UID ADDTO (0 ${uid})`)
  })

  it('is told in IDLE, and no more behind CANCELUPDATE or SELECT (§4.3, §4.3.5)', async () => {
    await tagged('B01', 'SEARCH RETURN (UPDATE) ALL')
    await client.send('i IDLE\r\n')
    deliver(store, simple)
    expect(await told()).toEqual(['* 4 EXISTS', '* ESEARCH (TAG "B01") ADDTO (0 4)'])
    await client.send('DONE\r\n')
    expect(await client.command('CANCELUPDATE "B01"')).toEqual(['a OK No further updates'])
    deliver(store, simple)
    expect(await noop()).toEqual(['* 5 EXISTS'])
    await tagged('B02', 'SEARCH RETURN (UPDATE) ALL')
    await client.select()
    deliver(store, simple)
    expect(await noop()).toEqual(['* 6 EXISTS'])
  })

  it('fetches new messages among the results, EXISTS first and ESEARCH last (RFC 5465 §7)', async () => {
    await tagged('a00', 'SEARCH RETURN (COUNT UPDATE (UID BODY[HEADER.FIELDS (SUBJECT)])) FROM boss')
    const [, uid] = deliver(store, [mail('x'), mail('y', 'boss')])
    expect(await noop()).toEqual([
      '* 5 EXISTS',
      `* 5 FETCH (UID ${uid} BODY[HEADER.FIELDS (SUBJECT)] {14}`,
      'Subject: y',
      '',
      ')',
      '* ESEARCH (TAG "a00") ADDTO (0 5)',
    ])
    expect(store.counts(inbox()).unseen).toBe(5)
  })

  it('shares one FETCH with NOTIFY; what NOTIFY alone asks for comes behind ESEARCH (RFC 5465 §5.2)', async () => {
    await tagged('a00', 'SEARCH RETURN (UPDATE (FLAGS)) FROM boss')
    await tagged('a01', 'SEARCH RETURN (UPDATE) ALL')
    await client.command('NOTIFY SET (selected (MessageNew (UID) MessageExpunge))')
    const [first, second] = deliver(store, [mail('x'), mail('y', 'boss')])
    expect(await told()).toEqual([
      '* 5 EXISTS',
      `* 5 FETCH (UID ${second} FLAGS ())`,
      '* ESEARCH (TAG "a00") ADDTO (0 5)',
      '* ESEARCH (TAG "a01") ADDTO (0 4:5)',
      `* 4 FETCH (UID ${first})`,
    ])
  })
})

describe('a sorted search', () => {
  beforeEach(async () => void (await tagged('S', 'UID SORT RETURN (UPDATE ALL) (SUBJECT) UTF-8 UNDELETED')))

  it('is told where new messages belong (§4.3.3)', async () => {
    const [e, a, c, z, zz] = deliver(store, [mail('e'), mail('a'), mail('c'), mail('z'), mail('zz')])
    // a b c d e f z zz
    expect((await noop()).at(-1)).toBe(`* ESEARCH (TAG "S") UID ADDTO (1 ${a} 3 ${c} 5 ${e} 7 ${z}:${zz})`)
  })

  it('is told where messages were that go (§4.3.4)', async () => {
    await other.command('STORE 1,3 +FLAGS.SILENT (\\Deleted)')
    expect((await noop()).at(-1)).toBe(`* ESEARCH (TAG "S") UID REMOVEFROM (3 ${uids[2]} 1 ${uids[0]})`)
    await other.command('STORE 1 -FLAGS.SILENT (\\Deleted)')
    expect((await noop()).at(-1)).toBe(`* ESEARCH (TAG "S") UID ADDTO (1 ${uids[0]})`)
  })

  it('is told of the ones that are expunged', async () => {
    store.expunge(inbox(), [uids[1]!])
    expect(await noop()).toEqual([`* ESEARCH (TAG "S") UID REMOVEFROM (2 ${uids[1]})`, '* 2 EXPUNGE'])
  })

  it('leaves the client with the results of a new search, whatever happens', async () => {
    const order = [...uids]
    for (let round = 0; round < 40; round++) {
      const subject = String.fromCharCode(97 + ((round * 7) % 26))
      if (round % 3 < 2) deliver(store, [mail(subject), mail(`${subject}x`)])
      const all = [...store.view(inbox()).uidList()]
      if (round % 4 === 1) store.expunge(inbox(), [all[(round * 5) % all.length]!])
      const [some] = all.slice((round * 3) % all.length)
      if (round % 2 === 0) store.setFlags(inbox(), [some!], { add: ['$deleted'] })
      if (round % 2 === 1) for (const line of await noop()) follow(order, line)
      if (round % 10 === 1) client.hibernate()
    }
    for (const line of await noop()) follow(order, line)
    const [line] = await tagged('T', 'UID SORT RETURN (ALL) (SUBJECT) UTF-8 UNDELETED')
    expect(order).toEqual(numbers(line!.split('ALL ')[1] ?? ''))
  })
})

describe('sleep', () => {
  it('ends nothing that is small enough to keep', async () => {
    await tagged('B01', 'UID SEARCH RETURN (UPDATE (FLAGS) COUNT) OR UID 1:* SUBJECT "b" UNDELETED')
    client.hibernate()
    deliver(store, simple)
    client.hibernate()
    expect((await noop()).at(-1)).toMatch(/ADDTO \(0 \d+\)$/)
    store.expunge(inbox(), [uids[0]!])
    client.hibernate()
    expect(await noop()).toEqual([`* ESEARCH (TAG "B01") UID REMOVEFROM (0 ${uids[0]})`, '* 1 EXPUNGE'])
  })

  it('is not needed to lose results: octets out of reach do as well (§4.3.1)', async () => {
    await tagged('B01', 'UID SEARCH RETURN (UPDATE) BODY "Text of x"')
    await tagged('B02', 'UID SEARCH RETURN (UPDATE) ALL')
    const reading = vi.spyOn(store, 'reading').mockRejectedValueOnce(new StoreError('unavailable', 'not now'))
    const [x] = deliver(store, mail('x'))
    expect(await noop()).toEqual([
      '* 4 EXISTS',
      '* NO [NOUPDATE "B01"] The results are not known any more',
      `* ESEARCH (TAG "B02") UID ADDTO (0 ${x})`,
    ])
    reading.mockRestore()
    deliver(store, mail('x'))
    expect((await noop()).join()).not.toContain('B01')
  })

  it('is admitted where a sorted search has lost its order (§4.3.1)', async () => {
    await tagged('S', 'UID SORT RETURN (UPDATE) (SUBJECT) UTF-8 ALL')
    store.expunge(inbox(), [uids[1]!])
    client.hibernate()
    expect(await noop()).toEqual(['* 2 EXPUNGE', '* NO [NOUPDATE "S"] The results are not known any more'])
  })

  it('is admitted where the results could not be kept (§4.3.1)', async () => {
    client = await new Client(store, { limits: { state: 4 } }).select()
    await tagged('B01', `UID SEARCH RETURN (UPDATE COUNT) OR UID ${uids[0]} UID ${uids[2]}`)
    const [a, , c] = deliver(store, [simple, simple, simple, simple])
    await noop()
    await tagged('B02', `UID SEARCH RETURN (UPDATE COUNT) OR (OR UID ${uids[0]} UID ${uids[2]}) (OR UID ${a} UID ${c})`)
    client.hibernate()
    expect(await noop()).toEqual(['* NO [NOUPDATE "B02"] The results are not known any more'])
    expect(await noop()).toEqual([])
  })
})

/** Does to the results what a client does (§4.3.3, §4.3.4). */
function follow(order: number[], line: string): void {
  for (const [, what, pairs] of line.matchAll(/(ADDTO|REMOVEFROM) \(([^)]*)\)/g)) {
    const words = pairs!.split(' ')
    for (let at = 0; at < words.length; at += 2) {
      const position = Number(words[at]) - 1
      const set = numbers(words[at + 1]!)
      if (what === 'ADDTO') order.splice(position, 0, ...set)
      else expect(order.splice(position, set.length)).toEqual(set)
    }
  }
}

function numbers(set: string): number[] {
  return set.split(',').flatMap((range) => {
    const [first, last = first] = range.split(':').map(Number) as [number, number?]
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
