/**
 * THREAD (RFC 5256): ORDEREDSUBJECT and REFERENCES, step by step, and REFS.
 */
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it, test } from 'vitest'
import { fromLatin1 } from '../../../src/format/index.ts'
import type { MailStore } from '../../../src/mailbox/index.ts'
import { threadByReferences } from '../../../src/access/imap/thread/references.ts'
import { renderThreads } from '../../../src/access/imap/thread/render.ts'
import type { ThreadMessage } from '../../../src/access/imap/thread/thread-message.ts'
import { Client, newStore } from './harness.ts'

let store: MailStore
let client: Client

beforeEach(() => {
  store = newStore()
  client = new Client(store)
})

interface Sample {
  id?: string
  references?: string
  inReplyTo?: string
  subject?: string
}

/** Messages a minute apart, in this order. */
async function fill(samples: readonly Sample[]): Promise<void> {
  const mailboxIds = [store.mailboxByRole('inbox')!.id]
  store.add(
    samples.map(({ id, references, inReplyTo, subject }, index) => {
      const fields = [
        `Date: Thu, 1 Jan 2026 00:${String(index).padStart(2, '0')}:00 +0000`,
        ...(id === undefined ? [] : [`Message-ID: <${id}>`]),
        ...(references === undefined ? [] : [`References: ${references.replace(/\S+/g, '<$&>')}`]),
        ...(inReplyTo === undefined ? [] : [`In-Reply-To: <${inReplyTo}>`]),
        `Subject: ${subject ?? `subject ${index}`}`,
      ]
      const receivedAt = Date.UTC(2026, 0, 1, 0, index)
      return { raw: fromLatin1(`${fields.join('\r\n')}\r\n\r\n`), mailboxIds, keywords: [], receivedAt }
    }),
  )
  await client.select()
}

async function threads(algorithm: string, key = 'ALL'): Promise<string> {
  const [line] = await client.command(`THREAD ${algorithm} UTF-8 ${key}`)
  return line!.replace(/^\* THREAD ?/, '')
}

describe('ORDEREDSUBJECT', () => {
  it('puts messages of one base subject below the first of them, threads by their first date', async () => {
    await fill([{ subject: 'b' }, { subject: 'a' }, { subject: 'Re: b' }, { subject: 'RE: A' }, { subject: 'b (fwd)' }])
    expect(await threads('ORDEREDSUBJECT')).toBe('(1 (3)(5))(2 4)')
  })
})

describe('REFERENCES', () => {
  it('follows References (step 1)', async () => {
    await fill([
      { id: 'a@x' },
      { id: 'b@x', references: 'a@x' },
      { id: 'c@x', references: 'a@x b@x' },
      { id: 'd@x', references: 'a@x' },
    ])
    expect(await threads('REFERENCES')).toBe('(1 (2 3)(4))')
  })

  it('takes In-Reply-To where there is no References', async () => {
    await fill([{ id: 'a@x' }, { id: 'b@x', inReplyTo: 'a@x' }])
    expect(await threads('REFERENCES')).toBe('(1 2)')
  })

  it('finds the parent of what came before it', async () => {
    await fill([{ id: 'b@x', references: 'a@x' }, { id: 'a@x' }])
    expect(await threads('REFERENCES')).toBe('(2 1)')
  })

  it('keeps siblings together below a parent that is not here (step 3)', async () => {
    await fill([
      { id: 'b@x', references: 'a@x' },
      { id: 'c@x', references: 'a@x' },
      { id: 'd@x', references: 'c@x' },
    ])
    expect(await threads('REFERENCES')).toBe('((1)(2 3))')
  })

  it('lets the only child take the place of a parent that is not here', async () => {
    await fill([{ id: 'b@x', references: 'gone@x a@x' }])
    expect(await threads('REFERENCES')).toBe('(1)')
  })

  it('believes a message about its own parent rather than what others say', async () => {
    await fill([{ id: 'a@x' }, { id: 'b@x' }, { id: 'd@x', references: 'a@x c@x' }, { id: 'c@x', references: 'b@x' }])
    expect(await threads('REFERENCES')).toBe('(1)(2 4 3)')
  })

  it('does not close a loop', async () => {
    await fill([
      { id: 'a@x', references: 'b@x' },
      { id: 'b@x', references: 'a@x' },
      { id: 'c@x', references: 'c@x' },
    ])
    expect(await threads('REFERENCES')).toBe('(2 1)(3)')
  })

  it('takes messages with the same identifier, or without one, as messages of their own', async () => {
    await fill([{ id: 'a@x' }, { id: 'a@x' }, {}])
    expect(await threads('REFERENCES')).toBe('(1)(2)(3)')
  })

  it('puts a reply without references below the message of its subject (step 5)', async () => {
    await fill([
      { id: 'a@x', subject: 'Plan' },
      { id: 'b@x', subject: 'Re: Plan' },
    ])
    expect(await threads('REFERENCES')).toBe('(1 2)')
  })

  it('makes messages of the same subject siblings when none is a reply to another', async () => {
    await fill([{ subject: 'Plan' }, { subject: 'Plan' }, { subject: 'Plan' }])
    expect(await threads('REFERENCES')).toBe('((1)(2)(3))')
  })

  it('joins threads whose first messages are not here', async () => {
    await fill([
      { id: 'b@x', references: 'a@x', subject: 'Plan' },
      { id: 'c@x', references: 'a@x', subject: 'Plan' },
      { id: 'e@x', references: 'd@x', subject: 'Plan' },
      { id: 'f@x', references: 'd@x', subject: 'Plan' },
      { id: 'g@x', subject: 'Plan' },
    ])
    expect(await threads('REFERENCES')).toBe('((1)(2)(3)(4)(5))')
  })

  it('does not join what has no subject', async () => {
    await fill([{ subject: '' }, { subject: 'Re:' }])
    expect(await threads('REFERENCES')).toBe('(1)(2)')
  })

  it('threads what the keys find, and tells UIDs with UID THREAD', async () => {
    await fill([{ id: 'a@x' }, { id: 'b@x', references: 'a@x' }, { id: 'c@x', references: 'a@x b@x' }])
    expect(await threads('REFERENCES', 'NOT 2')).toBe('(1 3)')
    const uids = store.view(store.mailboxByRole('inbox')!.id).uidList()
    expect((await client.command('UID THREAD REFERENCES UTF-8 2'))[0]).toBe(`* THREAD (${uids[1]})`)
    expect(await client.command('THREAD REFERENCES UTF-8 SUBJECT nowhere')).toEqual([
      '* THREAD',
      'a OK THREAD completed',
    ])
  })
})

describe('REFS', () => {
  it('leaves subjects alone, and puts the thread with the newest message last', async () => {
    await fill([
      { id: 'a@x', subject: 'Plan' },
      { id: 'b@x', subject: 'Re: Plan' },
      { id: 'c@x', references: 'a@x' },
    ])
    expect(await threads('REFS')).toBe('(2)(1 3)')
  })
})

it.each([
  ['an unknown algorithm', 'THREAD JWZ UTF-8 ALL', /^a BAD/],
  ['no charset', 'THREAD REFERENCES ALL', /^a BAD/],
  ['an unknown charset', 'THREAD REFERENCES KOI8-R ALL', /^a NO \[BADCHARSET/],
])('refuses %s', async (_, command, answer) => {
  await client.select()
  expect((await client.command(command)).at(-1)).toMatch(answer)
})

const name = fc.integer({ min: 0, max: 8 }).map((number) => `id${number}@x`)
const anyMessages = fc
  .array(
    fc.record({
      messageId: fc.option(name, { nil: '' }),
      references: fc.array(name, { maxLength: 4 }),
      baseSubject: fc.constantFrom('', 'A', 'B'),
      isReply: fc.boolean(),
      date: fc.integer({ min: 0, max: 5 }),
    }),
    { maxLength: 12 },
  )
  .map((records): ThreadMessage[] =>
    records.map((record, index) => ({ ...record, sequence: index + 1, uid: index + 1, received: record.date })),
  )

test.each([true, false])(
  'whatever they claim, every message stands in the threads exactly once (by subject: %s)',
  (bySubject) => {
    fc.assert(
      fc.property(anyMessages, (messages) => {
        const text = renderThreads(threadByReferences(messages, bySubject), ({ sequence }) => sequence)
        const numbers = (text.match(/\d+/g) ?? []).map(Number).sort((a, b) => a - b)
        expect(numbers).toEqual(messages.map(({ sequence }) => sequence))
        // thread-list of the grammar: balanced, and a placeholder has at least two threads below it.
        let reduced = text
        for (let before = ''; before !== reduced;) {
          before = reduced
          reduced = reduced.replace(/\((?:\d+(?: \d+)*(?: ?T{2,})?|T{2,})\)/g, 'T')
        }
        expect(reduced).toMatch(/^T*$/)
      }),
    )
  },
)

test('a conversation as deep as the mailbox is large needs no stack', () => {
  const messages = Array.from({ length: 50_000 }, (_, index): ThreadMessage => ({
    sequence: index + 1,
    uid: index + 1,
    date: index,
    received: index,
    baseSubject: 'A',
    isReply: index > 0,
    messageId: `${index}@x`,
    references: index === 0 ? [] : [`${index - 1}@x`],
  }))
  const text = renderThreads(threadByReferences(messages, true), ({ sequence }) => sequence)
  expect(text).toBe(`(${messages.map(({ sequence }) => sequence).join(' ')})`)
})
