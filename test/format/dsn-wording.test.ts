/** What reports say to people: the cause first, in their language, and last what only administrators understand. */
import { describe, expect, test } from 'vitest'
import { composeReport, decodeHeaderText, decodeText, encodeUtf8, parseMessage } from '../../src/format/index.ts'
import type { DeliveryReport } from '../../src/format/index.ts'
import { type Catalogue, causes, fill } from '../../src/format/dsn/wording/catalogue.ts'
import { catalogueFor, catalogues } from '../../src/format/dsn/wording/languages.ts'

type Reported = DeliveryReport['recipients'][number]

const at = Date.parse('2026-11-23T03:21:00Z')
const bob = { finalRecipient: 'bob@example.org' }
const failed = (status: string, more: Partial<Reported> = {}): Reported => ({
  ...bob,
  action: 'failed',
  status,
  ...more,
})

const report = (recipients: readonly Reported[], header = 'Subject: Lunch', languages?: string[]): DeliveryReport => ({
  reportingMta: 'facteur.test',
  from: { address: 'MAILER-DAEMON@facteur.test' },
  to: 'alice@facteur.test',
  date: at,
  messageId: 'r1@facteur.test',
  recipients,
  original: encodeUtf8(`${header}\r\n\r\nAt noon?\r\n`),
  ...(languages === undefined ? {} : { languages }),
})

function read(made: DeliveryReport): { subject: string; language: string; paragraphs: string[] } {
  const raw = composeReport(made)
  const root = parseMessage(raw)
  const [text] = root.children as [(typeof root.children)[number]]
  return {
    subject: decodeHeaderText(root.header.first('subject') ?? ''),
    language: (text.language ?? []).join(),
    paragraphs: decodeText(raw, text).text.replaceAll('\r\n', '\n').trim().split('\n\n'),
  }
}

/** Every sentence of a catalogue by its path: `causes.loop.advice`. */
function sentences(value: object, path = ''): [path: string, sentence: string][] {
  return Object.entries(value).flatMap(([key, member]: [string, unknown]) =>
    typeof member === 'string' ? [[`${path}${key}`, member]] : sentences(member as object, `${path}${key}.`),
  )
}

const places = (sentence: string) => [...new Set(sentence.match(/\{\w+\}/g))].sort()
const english = catalogueFor(['en'])

describe.each(catalogues.map((catalogue): [string, Catalogue] => [catalogue.language, catalogue]))(
  'in %s',
  (_, words) => {
    test('every cause has a sentence and an advice, and every sentence the places of the English one', () => {
      expect(Object.keys(words.causes).sort()).toEqual([...causes].sort())
      const own = sentences(words)
      expect(own.map(([path]) => path).sort()).toEqual(
        sentences(english)
          .map(([path]) => path)
          .sort(),
      )
      const wanted = new Map(sentences(english))
      for (const [path, sentence] of own)
        expect([path, places(sentence)]).toEqual([path, places(wanted.get(path) ?? '')])
    })

    test('the sentences are whole ones, and nothing is left in English', () => {
      const parts = new Set(['language', 'comma', 'details', 'answered', 'subject', 'message'])
      for (const [path, sentence] of sentences(words)) {
        if (parts.has(path.split('.')[0] ?? '')) continue
        expect([path, sentence]).toEqual([path, expect.stringMatching(/^\S[^]*[.。]$/)])
      }
      if (words === english) return
      const theirs = new Map(sentences(english))
      const same = sentences(words).filter(([path, sentence]) => theirs.get(path) === sentence && path !== 'comma')
      expect(same).toEqual([])
    })

    test('a report of each kind fills every place', () => {
      const kinds: Reported[] = [
        failed('5.1.1', {
          originalRecipient: 'rfc822;list@example.org',
          remoteMta: 'mx.example.org',
          diagnostic: '550 no',
        }),
        failed('4.4.7', { lastStatus: '4.4.1', lastAttempt: at }),
        { ...bob, action: 'delayed', status: '4.4.1', willRetryUntil: at },
        { ...bob, action: 'delivered', status: '2.0.0' },
        { ...bob, action: 'relayed', status: '2.0.0' },
        { ...bob, action: 'expanded', status: '2.0.0' },
      ]
      for (const recipients of [kinds, ...kinds.map((kind) => [kind])]) {
        const { subject, language, paragraphs } = read(report(recipients, 'Subject: Lunch', [words.language]))
        expect(language).toBe(words.language)
        expect(Object.values(words.subject)).toContain(subject)
        expect(paragraphs.join()).not.toMatch(/[{}]|undefined/)
        expect(paragraphs.at(-1)).toContain('facteur.test')
      }
    })
  },
)

describe('a report begins with the cause', () => {
  test.each<[string, Partial<Reported>, string]>([
    ['5.1.1', {}, 'The address bob@example.org does not exist.'],
    ['5.1.2', {}, 'The domain example.org does not exist or has no mail server.'],
    ['5.1.10', {}, 'The domain example.org does not receive mail.'],
    ['5.2.2', {}, 'The mailbox bob@example.org is full.'],
    ['5.3.4', {}, 'The message is too large for bob@example.org.'],
    [
      '5.7.1',
      {},
      'The mail server for bob@example.org refused the message, by its rules or because it looks like spam.',
    ],
    ['5.7.26', {}, 'The mail server for bob@example.org does not trust mail from your address.'],
    ['5.7.30', {}, 'There was no connection to the mail server for bob@example.org that is secure enough.'],
    ['5.4.6', {}, 'The message to bob@example.org went round in a circle between mail servers.'],
    ['5.4.7', {}, 'The time by which the message was to reach bob@example.org is over.'],
    ['5.9.9', {}, 'The mail server for bob@example.org did not take the message.'],
    ['nonsense', {}, 'The mail server for bob@example.org did not take the message.'],
    ['4.4.7', { lastStatus: '4.2.2' }, 'The mailbox bob@example.org is full.'],
    ['4.4.7', { lastStatus: '4.7.1' }, 'The mail server for bob@example.org is not taking the message at the moment.'],
    ['4.4.7', {}, 'The mail server for bob@example.org could not be reached.'],
  ])('%s', (status, more, cause) => {
    expect(read(report([failed(status, more)])).paragraphs[0]?.split('\n')[0]).toBe(cause)
  })

  test('then what became of the message, under the address that its sender wrote, and until when it was tried', () => {
    const recipient = failed('4.4.7', {
      lastStatus: '4.2.2',
      lastAttempt: at,
      originalRecipient: 'rfc822;list@example.org',
    })
    expect(read(report([recipient])).paragraphs.slice(1)).toEqual([
      'Your message "Lunch" was not delivered to list@example.org.\nWe tried again and again until 2026-11-23 03:21 UTC.',
      'Technical details',
      'bob@example.org (4.4.7)\n  You wrote to list@example.org.',
      expect.stringContaining('facteur.test'),
    ])
  })

  test('the details have the answer once, though whoever tried repeats it, and what else they say', () => {
    const diagnostic = '550 5.1.1 no such user'
    const details = (cause: string) => read(report([failed('5.1.1', { diagnostic, cause })])).paragraphs[3]
    expect(details(diagnostic)).toBe(`bob@example.org (5.1.1)\n  ${diagnostic}`)
    expect(details('All hosts say so')).toBe(`bob@example.org (5.1.1)\n  ${diagnostic}\n  All hosts say so`)
  })

  test('one sentence for each recipient, the advice once for all of the same cause', () => {
    const others = ['carol@example.org', 'dave@example.org'].map((finalRecipient) => ({
      ...failed('5.2.2'),
      finalRecipient,
    }))
    const { paragraphs } = read(report([...others, failed('5.1.1')]))
    expect(paragraphs.slice(0, 3)).toEqual([
      'The mailbox carol@example.org is full.\nThe mailbox dave@example.org is full.\nSend the message again later, or tell the recipient in another way.',
      expect.stringMatching(/^The address bob@example\.org does not exist\.\nCheck /),
      'Your message "Lunch" was not delivered to carol@example.org, dave@example.org, bob@example.org.',
    ])
  })

  test('a delay asks for nothing, and says until when we go on', () => {
    const { subject, paragraphs } = read(report([{ ...bob, action: 'delayed', status: '4.7.1', willRetryUntil: at }]))
    expect(subject).toMatch(/^Delayed/)
    expect(paragraphs.slice(0, 2)).toEqual([
      'The mail server for bob@example.org is not taking the message at the moment.',
      'Your message "Lunch" has not been delivered to bob@example.org yet.\nWe go on trying until 2026-11-23 03:21 UTC.\nYou need not send it again.',
    ])
  })

  test('a success has no details, and a message without a subject no title', () => {
    const { subject, paragraphs } = read(report([{ ...bob, action: 'delivered', status: '2.1.5' }], 'X: y'))
    expect(subject).toMatch(/^Delivered/)
    expect(paragraphs).toEqual([
      'Your message was delivered to bob@example.org.',
      expect.stringContaining('facteur.test'),
    ])
  })

  test('a thousand recipients are all in the details, and the sentence stays readable', () => {
    const many = Array.from({ length: 1000 }, (_, n) => ({ ...failed('5.1.1'), finalRecipient: `u${n}@example.org` }))
    const { paragraphs } = read(report(many))
    expect(paragraphs[1]).toMatch(/u0@example\.org, .*u19@example\.org …\.$/)
    expect(paragraphs.filter((text) => text.endsWith('(5.1.1)'))).toHaveLength(1000)
  })

  test('what is put into a sentence is not looked into: a subject of braces stays one', () => {
    expect(fill('{message} to {addresses}', { message: '{addresses}', addresses: 'x' })).toBe('{addresses} to x')
    expect(read(report([failed('5.1.1')], 'Subject: {addresses}{host}')).paragraphs[1]).toContain('"{addresses}{host}"')
  })
})

describe('a server that gives no status code is understood by its words', () => {
  test.each<[string, string]>([
    ['550 No such user here', 'does not exist'],
    ['550 <bob@example.org>: User unknown in virtual mailbox table', 'does not exist'],
    ['550 Requested action not taken: mailbox unavailable', 'does not exist'],
    ["550-The email account that you tried to reach doesn't exist", 'does not exist'],
    ['550 Unrouteable address; invalid recipient', 'does not exist'],
    ['551 User not local; please try <forward@example.net>', 'does not exist'],
    ['553 sorry, no mailbox here by that name. (#5.7.1)', 'refused the message'],
    ['511 sorry, that is not for us (#5.1.1 - chkuser)', 'does not exist'],
    ['552 Mailbox full', 'is full'],
    ['452 4.0.0 user is over quota', 'is full'],
    ['552 Message size exceeds fixed limit', 'too large'],
    ['554 Your access to this mail system has been rejected due to poor reputation', 'refused the message'],
    ['550 Rejected: 192.0.2.1 listed at zen.spamhaus.org', 'refused the message'],
    ['550 SPF check failed', 'does not trust mail from your address'],
    ['550 account is disabled', 'is closed'],
    ['530 Must issue a STARTTLS command first', 'secure enough'],
    ['554 Relay access denied', 'does not receive mail'],
    ['556 domain does not accept mail', 'does not receive mail'],
    ['554 Transaction failed', 'did not take the message'],
    ['', 'did not take the message'],
  ])('%s', (diagnostic, cause) => {
    expect(read(report([failed('5.0.0', { diagnostic })])).paragraphs[0]?.split('\n')[0]).toContain(cause)
  })

  test('a code that says something counts more than words, and "later" stays later', () => {
    const { paragraphs } = read(
      report([
        failed('5.2.2', { diagnostic: '550 5.2.2 blocked: no such user' }),
        failed('4.0.0', { diagnostic: '451 greylisted by policy' }),
      ]),
    )
    expect(paragraphs[0]).toContain('is full')
    expect(paragraphs[1]).toContain('is not taking the message at the moment')
  })
})

describe('the language of a report', () => {
  test.each([
    ['English where nothing is known', '', undefined, 'en'],
    ['what the sender reads (RFC 3282 §3)', 'Accept-Language: de-CH, en;q=0.8', undefined, 'de'],
    ['by weight, not by place', 'Accept-Language: en;q=0.5, fr;q=0.7, *;q=0.1', undefined, 'fr'],
    ['never one of weight 0', 'Accept-Language: de;q=0, nl;q=0.2', undefined, 'nl'],
    ['the next one where there is no such catalogue', 'Accept-Language: tlh, pt-BR', undefined, 'pt'],
    ['or else what the sender wrote (RFC 3282 §2)', 'Content-Language: ja (Japanese)', undefined, 'ja'],
    ['rather read than written', 'Content-Language: ja\r\nAccept-Language: pl', undefined, 'pl'],
    ['the account’s own setting above all', 'Accept-Language: pl', ['it'], 'it'],
    ['English for what is no language', 'Content-Language: ;;,,=?utf-8?q?de?=, -, __proto__', undefined, 'en'],
  ])('is %s', (_, header, languages, language) => {
    expect(read(report([failed('5.1.1')], `Subject: x\r\n${header}`, languages)).language).toBe(language)
  })

  test('says so in the field of its part, and a subject beyond ASCII is encoded (RFC 2047)', () => {
    const raw = new TextDecoder().decode(composeReport(report([failed('5.1.1')], 'Subject: x', ['fr'])))
    expect(raw).toMatch(/^Content-Language: fr\r$/m)
    expect(raw).toMatch(/^Subject: .*=\?utf-8\?Q\?/m)
    expect(raw).toMatch(/^[ -~\r\n]*$/)
  })
})
