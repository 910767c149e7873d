/**
 * SORT (RFC 5256, RFC 5957), ESORT (RFC 5267 §3.1) and PARTIAL (RFC 9394).
 */
import { beforeEach, describe, expect, it } from 'vitest'
import type { MailStore } from '../../../src/mailbox/index.ts'
import { Client, newStore } from './harness.ts'
import { fromLatin1 } from '../../../src/format/index.ts'

let store: MailStore
let client: Client

interface Sample {
  from?: string
  to?: string
  cc?: string
  subject?: string
  date?: string
  received?: number
  text?: string
}

/** Puts messages into INBOX in this order. */
function fill(samples: readonly Sample[]): number[] {
  const mailboxIds = [store.mailboxByRole('inbox')!.id]
  const emails = samples.map(({ received = 0, text = '', ...fields }) => {
    const header = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
    return { raw: fromLatin1(`${header.join('')}\r\n${text}`), mailboxIds, keywords: [], receivedAt: received }
  })
  return store.add(emails).map((email) => email.places[0]!.uid)
}

async function order(criteria: string, key = 'ALL'): Promise<string> {
  const [line] = await client.command(`SORT (${criteria}) UTF-8 ${key}`)
  return line!.replace('* SORT', '').trim()
}

beforeEach(async () => {
  store = newStore()
  client = new Client(store)
})

describe('SORT', () => {
  it('sorts by when a message came, was sent, and how large it is (§3)', async () => {
    fill([
      { received: 3000, date: 'Thu, 1 Jan 1970 00:00:01 +0000', text: 'xxx' },
      { received: 1000, date: 'Thu, 1 Jan 1970 00:00:03 +0000', text: 'x' },
      { received: 2000, date: 'Thu, 1 Jan 1970 00:00:02 +0000', text: 'xx' },
    ])
    await client.select()
    expect(await order('ARRIVAL')).toBe('2 3 1')
    expect(await order('DATE')).toBe('1 3 2')
    expect(await order('SIZE')).toBe('2 3 1')
    expect(await order('REVERSE SIZE')).toBe('1 3 2')
  })

  it('takes the internal date for a message without a usable Date field, and Date by its own zone (§2.2)', async () => {
    fill([
      { received: Date.UTC(2026, 0, 2), date: 'nonsense' },
      { received: 0, date: 'Thu, 1 Jan 2026 23:30:00 -0100' },
      { received: 0, date: 'Thu, 1 Jan 2026 23:40:00 +0000' },
    ])
    await client.select()
    expect(await order('DATE')).toBe('3 1 2')
  })

  it('sorts by the base subject, whatever its case and marks (§2.1)', async () => {
    fill([{ subject: 'Re: beta' }, { subject: 'ALPHA' }, { subject: '[list] Fwd: alpha (fwd)' }, { subject: 'gamma' }])
    await client.select()
    expect(await order('SUBJECT')).toBe('2 3 1 4')
  })

  it('sorts by the first mailbox of From, To and Cc, not by names', async () => {
    fill([
      { from: 'Adam <zoe@a.example>', to: 'c@x.example', cc: 'b@x.example' },
      { from: 'Zed <amy@z.example>', to: 'a@x.example, z@x.example', cc: 'a@x.example' },
      { from: 'Mid <Mia@m.example>', to: 'b@x.example' },
    ])
    await client.select()
    expect(await order('FROM')).toBe('2 3 1')
    expect(await order('TO')).toBe('2 3 1')
    expect(await order('CC')).toBe('3 2 1')
  })

  it('sorts by what people see with DISPLAYFROM and DISPLAYTO (RFC 5957 §3)', async () => {
    fill([
      { from: 'zoe@a.example', to: '=?utf-8?q?=C3=89mile?= <z@x.example>' },
      { from: '"Bob" <z@b.example>', to: 'fred@x.example' },
      { from: 'adam@c.example', to: 'Adam <q@x.example>' },
    ])
    await client.select()
    expect(await order('DISPLAYFROM')).toBe('3 2 1')
    expect(await order('DISPLAYTO')).toBe('3 1 2')
  })

  it('asks the second criterion where the first finds no difference, then the sequence number', async () => {
    fill([
      { subject: 'b', received: 2000 },
      { subject: 'a', received: 1000 },
      { subject: 'b', received: 1000 },
      { subject: 'a', received: 1000 },
    ])
    await client.select()
    expect(await order('SUBJECT REVERSE ARRIVAL')).toBe('2 4 1 3')
  })

  it('sorts what the keys find, by UID with UID SORT, and gives nothing for nothing', async () => {
    const uids = fill([{ subject: 'b' }, { subject: 'a' }, { subject: 'c' }])
    await client.select()
    expect(await order('SUBJECT', 'NOT SUBJECT c')).toBe('2 1')
    expect((await client.command('UID SORT (SUBJECT) UTF-8 ALL'))[0]).toBe(`* SORT ${uids[1]} ${uids[0]} ${uids[2]}`)
    expect(await client.command('SORT (SUBJECT) UTF-8 SUBJECT nowhere')).toEqual(['* SORT', 'a OK SORT completed'])
  })

  it('names the highest mod-sequence when a key asked for one (RFC 7162 §3.1.5)', async () => {
    fill([{ subject: 'b' }, { subject: 'a' }])
    await client.select()
    expect((await client.command('SORT (SUBJECT) UTF-8 MODSEQ 1'))[0]).toMatch(/^\* SORT 2 1 \(MODSEQ \d+\)$/)
  })

  it.each([
    ['no criteria', 'SORT () UTF-8 ALL', /^a BAD/],
    ['an unknown criterion', 'SORT (BEAUTY) UTF-8 ALL', /^a BAD/],
    ['REVERSE of nothing', 'SORT (REVERSE) UTF-8 ALL', /^a BAD/],
    ['no charset', 'SORT (SUBJECT)', /^a BAD/],
    ['an unknown charset', 'SORT (SUBJECT) KOI8-R ALL', /^a NO \[BADCHARSET/],
    ['no keys', 'SORT (SUBJECT) UTF-8', /^a BAD/],
  ])('refuses %s', async (_, command, answer) => {
    await client.select()
    expect((await client.command(command)).at(-1)).toMatch(answer)
  })

  it('needs a selected mailbox', async () => {
    expect((await client.command('SORT (SUBJECT) UTF-8 ALL')).at(-1)).toMatch(/^a BAD/)
  })
})

describe('ESORT', () => {
  beforeEach(async () => {
    fill([{ subject: 'd' }, { subject: 'a' }, { subject: 'b' }, { subject: 'c' }])
    await client.select()
  })

  it.each([
    ['ALL', 'ALL 2:4,1'],
    ['MIN', 'MIN 2'],
    ['MAX', 'MAX 1'],
    ['COUNT', 'COUNT 4'],
    ['MIN MAX COUNT', 'MIN 2 MAX 1 COUNT 4'],
    ['PARTIAL 1:2', 'PARTIAL (1:2 2:3)'],
    ['PARTIAL 3:9', 'PARTIAL (3:9 4,1)'],
    ['PARTIAL -1:-2', 'PARTIAL (-1:-2 4,1)'],
    ['PARTIAL -2:-1', 'PARTIAL (-1:-2 4,1)'],
    ['PARTIAL 5:6', 'PARTIAL (5:6 NIL)'],
    ['PARTIAL -9:-12 COUNT', 'PARTIAL (-9:-12 NIL) COUNT 4'],
  ])('returns %s in the order of the sort', async (options, values) => {
    expect((await client.command(`SORT RETURN (${options}) (SUBJECT) UTF-8 ALL`))[0]).toBe(
      `* ESEARCH (TAG "a") ${values}`,
    )
  })

  it('saves what it found for $ (RFC 5267 §3.1)', async () => {
    expect(await client.command('SORT RETURN (SAVE) (SUBJECT) UTF-8 NOT SUBJECT d')).toEqual(['a OK SORT completed'])
    expect((await client.command('SEARCH RETURN (COUNT) $'))[0]).toBe('* ESEARCH (TAG "a") COUNT 3')
  })
})

describe('PARTIAL', () => {
  beforeEach(async () => {
    fill(Array.from({ length: 10 }, (_, index) => ({ subject: `${index}` })))
    await client.select()
  })

  it('returns a part of what SEARCH finds, and saves that part alone (RFC 9394 §3.1)', async () => {
    expect((await client.command('SEARCH RETURN (PARTIAL 4:6) ALL'))[0]).toBe('* ESEARCH (TAG "a") PARTIAL (4:6 4:6)')
    expect((await client.command('SEARCH RETURN (SAVE PARTIAL -1:-3) ALL'))[0]).toBe(
      '* ESEARCH (TAG "a") PARTIAL (-1:-3 8:10)',
    )
    expect((await client.command('SEARCH RETURN (ALL) $'))[0]).toBe('* ESEARCH (TAG "a") ALL 8:10')
  })

  it.each([
    'SEARCH RETURN (ALL PARTIAL 1:2) ALL',
    'SEARCH RETURN (PARTIAL 1:2 PARTIAL 3:4) ALL',
    'SEARCH RETURN (PARTIAL) ALL',
    'SEARCH RETURN (PARTIAL 0:2) ALL',
    'SEARCH RETURN (PARTIAL 1:-2) ALL',
    'SEARCH RETURN (PARTIAL 1) ALL',
    'FETCH 1:* (UID) (PARTIAL 1:2)',
    'UID FETCH 1:* (UID) (PARTIAL 1:2',
  ])('BAD for %s', async (command) => {
    expect((await client.command(command)).at(-1)).toMatch(/^a BAD/)
  })

  it('bounds UID FETCH to some of the messages, from either end (§3.2)', async () => {
    expect(await fetched('1:3')).toEqual(['1', '2', '3'])
    expect(await fetched('-1:-2')).toEqual(['9', '10'])
    expect(await fetched('11:20')).toEqual([])
  })
})

/** Sequence numbers of what UID FETCH gives for a part of all. */
async function fetched(partial: string): Promise<(string | undefined)[]> {
  const lines = await client.command(`UID FETCH 1:* (FLAGS) (PARTIAL ${partial})`)
  return lines.slice(0, -1).map((line) => line.split(' ')[1])
}
