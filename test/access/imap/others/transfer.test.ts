/**
 * COPY, MOVE and APPEND from one account to another: nothing is lost, and nothing is half done.
 */
import { beforeEach, describe, expect, it } from 'vitest'
import { latin1 } from '../../../../src/format/index.ts'
import { deliver, simple, type Client } from '../harness.ts'
import { House } from './house.ts'

let house: House
let bob: Client
let theirs: number[]
let own: number[]

const inbox = '"Other Users/alice@facteur.test/INBOX"'
const carols = '"Other Users/carol@facteur.test/INBOX"'
const last = async (command: string): Promise<string> => (await bob.command(command)).at(-1)!

type Name = 'alice' | 'bob' | 'carol'

const entries = (name: Name, path = 'Inbox') => [...house.store(name).view(house.mailbox(name, path)).entries()]
const subjects = (name: Name, path = 'Inbox'): string[] =>
  entries(name, path).map(({ emailId }) => /Subject: (.*)\r/.exec(latin1(house.store(name).raw(emailId)!))![1]!)

const titled = (title: string): string => simple.replace('Subject: Hello', `Subject: ${title}`)

const large = (title: string): string => `${titled(title)}${'x'.repeat(12 * 1024 * 1024)}`

beforeEach(async () => {
  house = new House()
  theirs = deliver(house.store('alice'), [titled('A1'), titled('A2'), titled('A3')])
  own = deliver(house.store('bob'), [titled('B1'), titled('B2')], 'inbox', ['$flagged'])
  house.share('alice', 'Inbox', 'bob', 'lrswite')
  house.share('carol', 'Inbox', 'bob', 'lrswite')
  bob = house.client('bob')
})

describe('from one’s own', () => {
  beforeEach(() => bob.select('INBOX'))

  it('copies with flags and date, and says where to (RFC 4315 §3)', async () => {
    const answer = await last(`UID COPY ${own[1]},${own[0]} ${inbox}`)
    expect(subjects('alice')).toEqual(['A1', 'A2', 'A3', 'B1', 'B2'])
    const [first, second] = entries('alice').slice(3)
    const { uidValidity } = house.store('alice').counts(house.mailbox('alice', 'Inbox'))
    expect(answer).toBe(`a OK [COPYUID ${uidValidity} ${own[0]}:${own[1]} ${first!.uid}:${second!.uid}] COPY completed`)
    expect(first).toMatchObject({ keywords: ['$flagged'], receivedAt: entries('bob')[0]!.receivedAt })
    expect(subjects('bob')).toEqual(['B1', 'B2'])
  })

  it('keeps only the flags that may be set there (RFC 4314 §4)', async () => {
    house.share('alice', 'Inbox', 'bob', 'li')
    await bob.command('STORE 1 +FLAGS.SILENT (\\Seen)')
    expect(await last(`COPY 1 ${inbox}`)).toMatch(/^a OK \[COPYUID/)
    expect(entries('alice').at(-1)!.keywords).toEqual([])
  })

  it('moves: COPYUID, then EXPUNGE (RFC 6851 §4.3)', async () => {
    await bob.command('ENABLE CONDSTORE')
    expect(await bob.command(`MOVE 1 ${inbox}`)).toEqual([
      expect.stringMatching(/^\* OK \[COPYUID \d+ \d+ \d+\] Moved$/),
      '* 1 EXPUNGE',
      expect.stringMatching(/^a OK \[HIGHESTMODSEQ \d+\] MOVE completed$/),
    ])
    expect(subjects('alice')).toEqual(['A1', 'A2', 'A3', 'B1'])
    expect(subjects('bob')).toEqual(['B2'])
  })

  it.each([
    ['without i', 'lr', /^a NO \[NOPERM\]/],
    ['without l', 'i', /^a NO \[TRYCREATE\]|^a NO \[NONEXISTENT\]/],
    ['without anything', '', /^a NO \[NONEXISTENT\]/],
  ])('is refused %s, and changes nothing', async (_, rights, answer) => {
    house.share('alice', 'Inbox', 'bob', rights)
    for (const command of ['COPY', 'MOVE']) expect(await last(`${command} 1:2 ${inbox}`)).toMatch(answer)
    expect([subjects('alice').length, subjects('bob').length]).toEqual([3, 2])
  })

  it('is refused when there is no room there, and none is put', async () => {
    house.store('alice').updateAccount({ quota: house.store('alice').quota().used + simple.length })
    expect(await last(`MOVE 1:2 ${inbox}`)).toMatch(/^a NO \[OVERQUOTA\]/)
    expect([subjects('alice').length, subjects('bob').length]).toEqual([3, 2])
  })

  it('takes nothing away when the other account does not answer', async () => {
    house.unreachable.add('alice')
    expect(await last(`MOVE 1:2 ${inbox}`)).toMatch(/^a NO \[UNAVAILABLE\]/)
    expect(subjects('bob')).toEqual(['B1', 'B2'])
  })

  it('of nothing does nothing', async () => {
    expect(await last(`UID MOVE 4000000000 ${inbox}`)).toBe('a OK Nothing to do')
    expect(await last(`COPY 3 ${inbox}`)).toMatch(/^a BAD/)
  })
})

describe('from somebody else’s', () => {
  beforeEach(() => bob.select(inbox))

  it('copies to one’s own, and to a third account', async () => {
    expect(await last('COPY 1:2 Drafts')).toMatch(/^a OK \[COPYUID \d+ \d+:\d+ \d+:\d+\] COPY completed$/)
    expect(subjects('bob', 'Drafts')).toEqual(['A1', 'A2'])
    expect(await last(`COPY 3 ${carols}`)).toMatch(/^a OK \[COPYUID/)
    expect(subjects('carol')).toEqual(['A3'])
    expect(subjects('alice')).toEqual(['A1', 'A2', 'A3'])
  })

  it('moves out: put first, then removed, then told', async () => {
    house.visits.length = 0
    expect(await bob.command('MOVE 1:2 INBOX')).toEqual([
      expect.stringMatching(/^\* OK \[COPYUID \d+ \d+:\d+ \d+:\d+\] Moved$/),
      '* 1 EXPUNGE',
      '* 1 EXPUNGE',
      'a OK MOVE completed',
    ])
    expect(house.visits).toEqual(['name MOVE', 'take', 'remove'])
    expect([subjects('alice'), subjects('bob')]).toEqual([['A3'], ['B1', 'B2', 'A1', 'A2']])
  })

  it('never loses what could not be removed: it is in both places, and the client is told', async () => {
    house.onVisit = (when, call) => {
      if (when === 'before' && call.work.do === 'remove') house.share('alice', 'Inbox', 'bob', 'lr')
    }
    const lines = await bob.command('MOVE 1 INBOX')
    expect(lines[0]).toMatch(/COPYUID/)
    expect(lines.at(-1)).toMatch(/^a NO /)
    expect([subjects('alice'), subjects('bob')]).toEqual([
      ['A1', 'A2', 'A3'],
      ['B1', 'B2', 'A1'],
    ])
  })

  it('needs t and e to move away, which is known before anything is put', async () => {
    house.share('alice', 'Inbox', 'bob', 'lrte')
    expect(await last('MOVE 1 INBOX')).toMatch(/^a OK/)
    house.share('alice', 'Inbox', 'bob', 'lrsw')
    expect(await last('MOVE 1 INBOX')).toMatch(/^a NO \[NOPERM\]/)
    expect(subjects('bob')).toEqual(['B1', 'B2', 'A1'])
    expect(await last('COPY 1 INBOX')).toMatch(/^a OK/)
  })

  it('is refused for a mailbox that is not there, with the hint to make it (RFC 9051 §6.4.7)', async () => {
    expect(await last('COPY 1 Nowhere')).toMatch(/^a NO \[TRYCREATE\]/)
    expect(await last('MOVE 1 Nowhere')).toMatch(/^a NO \[TRYCREATE\]/)
    expect(subjects('alice')).toHaveLength(3)
  })

  it('of what is gone is refused whole (RFC 9051 §6.4.7)', async () => {
    house.store('alice').expunge(house.mailbox('alice', 'Inbox'), [theirs[0]!])
    expect(await last('COPY 1:2 INBOX')).toMatch(/^a NO \[EXPUNGEISSUED\]/)
    expect(subjects('bob')).toEqual(['B1', 'B2'])
  })

  it('names what was saved by SEARCH (RFC 5182)', async () => {
    await bob.command('SEARCH RETURN (SAVE) SUBJECT A2')
    expect(await last('UID COPY $ Drafts')).toMatch(/^a OK \[COPYUID/)
    expect(subjects('bob', 'Drafts')).toEqual(['A2'])
  })
})

describe('more than fits into one step', () => {
  it('takes back what was put when the rest of a COPY fails', async () => {
    deliver(house.store('bob'), [large('L1'), large('L2'), large('L3')])
    await bob.select('INBOX')
    let puts = 0
    house.onVisit = (when, call) => {
      if (when === 'before' && call.work.do === 'put' && ++puts === 2) house.share('alice', 'Inbox', 'bob', 'lr')
    }
    expect(await last(`COPY 1:5 ${inbox}`)).toMatch(/^a NO \[NOPERM\]/)
    expect(puts).toBe(2)
    expect(subjects('alice')).toEqual(['A1', 'A2', 'A3'])
    house.onVisit = () => undefined
    house.share('alice', 'Inbox', 'bob', 'lri')
    expect(await last(`MOVE 1:5 ${inbox}`)).toBe('a OK MOVE completed')
    expect(subjects('alice')).toEqual(['A1', 'A2', 'A3', 'B1', 'B2', 'L1', 'L2', 'L3'])
    expect(subjects('bob')).toEqual([])
  })
})

describe('APPEND and REPLACE', () => {
  it('put a message together from one’s own pieces (RFC 4469)', async () => {
    const url = `/INBOX/;UID=${own[0]}`
    expect(await last(`APPEND ${inbox} CATENATE (URL "${url}" TEXT {4+}\r\nmore)`)).toMatch(/^a OK \[APPENDUID/)
    expect(subjects('alice')).toEqual(['A1', 'A2', 'A3', 'B1'])
  })

  it('append several, all or none (RFC 3502), which is told where it is selected', async () => {
    await bob.select(inbox)
    const lines = await bob.command(`APPEND ${inbox} {6+}\r\nA: b\r\n {6+}\r\nC: d\r\n`)
    expect(lines[0]).toBe('* 5 EXISTS')
    expect(lines[1]).toMatch(/^a OK \[APPENDUID \d+ \d+:\d+\]/)
  })

  it('replace within one account, and from one to another (RFC 8508)', async () => {
    await bob.select(inbox)
    expect(await bob.command(`REPLACE 1 ${inbox} {6+}\r\nA: b\r\n`)).toEqual([
      expect.stringMatching(/^\* OK \[APPENDUID/),
      '* 1 EXPUNGE',
      '* 3 EXISTS',
      'a OK REPLACE completed',
    ])
    expect(await bob.command(`REPLACE 1 Drafts (\\Draft) {12+}\r\nSubject: D\r\n`)).toEqual([
      expect.stringMatching(/^\* OK \[APPENDUID \d+ \d+\] Replacement stored$/),
      '* 1 EXPUNGE',
      'a OK REPLACE completed',
    ])
    expect([subjects('bob', 'Drafts'), entries('alice').length]).toEqual([['D'], 2])
    await bob.select('Drafts')
    expect(await last(`UID REPLACE * ${inbox} {12+}\r\nSubject: E\r\n`)).toBe('a OK REPLACE completed')
    expect([subjects('bob', 'Drafts'), entries('alice').length]).toEqual([[], 3])
    expect(await last(`REPLACE 7 ${inbox} {12+}\r\nSubject: E\r\n`)).toMatch(/^a BAD/)
    house.share('alice', 'Inbox', 'bob', 'lri')
    await bob.select(inbox)
    expect(await last('REPLACE 1 Drafts {12+}\r\nSubject: F\r\n')).toMatch(/^a NO \[NOPERM\]/)
    expect(subjects('bob', 'Drafts')).toEqual([])
  })
})
