import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  formatBlobId,
  formatEmailId,
  formatMailboxId,
  formatThreadId,
  type EmailId,
  type MailboxId,
  type ThreadId,
} from '../../../src/mailbox/index.ts'
import { argumentsFor } from '../../contract/rfc8620/any-json.ts'
import { everything, SharingWorld, writing } from './sharing-world.ts'

const types = ['Mailbox', 'Thread', 'Email', 'Quota']
const others =
  'Email/import Email/parse Email/copy Blob/copy Blob/upload Blob/get Blob/lookup SearchSnippet/get Identity/get ' +
  'Identity/set EmailSubmission/set VacationResponse/set MDN/send'
const methods = [
  ...types.flatMap((type) => ['get', 'changes', 'query', 'queryChanges', 'set'].map((verb) => `${type}/${verb}`)),
  ...others.split(' '),
]

type Call = [name: string, args: Record<string, unknown>]

/** What no guest may ever read: it is in names, texts and uploads of mail that is not shared. */
const secret = 'Sesam'

/** Alice's inbox is shared with bob; other mail of hers, some of it in the same thread, is not. */
async function scene(rights: object) {
  const world = new SharingWorld()
  const { alice, bob } = world
  const { store } = alice
  world.deliver(alice, 'shown', 'inbox')
  world.deliver(alice, secret, 'archive')
  const mine = store.createMailbox({ name: secret }).id
  const { blob } = store.putUpload(new TextEncoder().encode(secret), 'text/plain')
  await world.share(alice, 'inbox', { a2: rights })
  world.deliver(alice, secret, 'archive')
  store.createMailbox({ name: `${secret} inside`, parentId: mine })
  const raw = new TextEncoder().encode(`Subject: ${secret}\r\n\r\n${secret}\r\n`)
  const [gone] = store.add([
    { raw, mailboxIds: [mine] },
    { raw, mailboxIds: [mine] },
  ])
  store.destroy([gone!.id])
  const hiddenBoxes = () => store.mailboxes().filter(({ id }) => store.grants.rights(id, bob.id) === '')
  const hidden = () => hiddenBoxes().map((mailbox) => [mailbox, [...store.view(mailbox.id).entries()]])
  return { world, alice, bob, store, upload: formatBlobId({ kind: 'upload', blob }), hidden }
}

const call = fc.constantFrom(...methods).chain((name) => fc.tuple(fc.constant(name), argumentsFor(name)))

test.each([
  ['change emails', writing],
  ['do everything', everything],
])(
  'whatever a guest asks who may %s, the answer is a result or the standard’s own error, and without a secret (RFC 8620 §8)',
  async (_, rights) => {
    const { world, alice, bob, hidden } = await scene(rights)
    const before = hidden()
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 3 }), async (calls) => {
        const shared = calls.map(([name, args]): Call => [name, { ...args, accountId: alice.id }])
        const answer = await world.request(bob, shared)
        expect(world.house.faults).toEqual([])
        expect(JSON.stringify(answer)).not.toContain(secret)
        for (const [name, { type }] of answer.methodResponses) {
          if (name === 'error') expect(type).not.toMatch(/^server/)
        }
      }),
      { numRuns: 1000, interruptAfterTimeLimit: 15_000 },
    )
    expect(hidden()).toEqual(before)
  },
  60_000,
)

/** Every id that the account may have given out, with those that it has not. */
function everyId(highest: number): Record<'M' | 'T' | 'B' | 'blobs', string[]> {
  const numbers = Array.from({ length: highest + 3 }, (_, index) => index + 1)
  return {
    M: numbers.map((n) => formatEmailId(n as EmailId)),
    T: numbers.map((n) => formatThreadId(n as ThreadId)),
    B: numbers.map((n) => formatMailboxId(n as MailboxId)),
    blobs: numbers.flatMap((n) => [`G${n}`, `U${n}`, `P${n}-0`, `G${n}-0`]),
  }
}

/** An answer without what it repeats of the question. */
function told(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(told)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([name]) => !name.startsWith('not'))
  return Object.fromEntries(members.map(([name, member]) => [name, told(member)]))
}

test.each([
  ['change emails', writing],
  ['do everything', everything],
])(
  'no id of what is not shared is answered to a guest who may %s, whatever ids it tries (RFC 8620 §8)',
  async (_, rights) => {
    const { world, alice, bob, store, hidden } = await scene(rights)
    const before = hidden()
    const ids = everyId(store.state)
    const states = Array.from({ length: store.state + 3 }, (__, n) => String(n))
    const text = { text: secret }
    const reads: Call[] = [
      ['Mailbox/get', { ids: null }],
      ['Mailbox/get', { ids: ids.B }],
      ['Mailbox/query', { filter: { name: secret } }],
      ['Mailbox/query', { sortAsTree: true }],
      ['Thread/get', { ids: ids.T }],
      ['Email/get', { ids: ids.M, fetchAllBodyValues: true }],
      ['Email/query', { calculateTotal: true }],
      ['Email/query', { filter: text, calculateTotal: true }],
      ['SearchSnippet/get', { filter: text, emailIds: ids.M }],
      ['Blob/get', { ids: ids.blobs }],
      ['Blob/copy', { blobIds: ids.blobs, fromAccountId: alice.id, accountId: bob.id }],
      ['Blob/lookup', { ids: ids.blobs, typeNames: ['Email', 'Mailbox', 'Thread'] }],
      ['Email/parse', { blobIds: ids.blobs, fetchAllBodyValues: true }],
      ...ids.B.map((id): Call => ['Email/query', { filter: { inMailbox: id } }]),
      ...ids.B.map((id): Call => ['Email/query', { filter: { inMailboxOtherThan: [id] } }]),
      ...ids.B.map((id): Call => ['Mailbox/query', { filter: { parentId: id } }]),
      ...ids.M.map((id): Call => ['Email/query', { anchor: id }]),
      ...states.flatMap((state): Call[] => [
        ...types.map((type): Call => [`${type}/changes`, { sinceState: state }]),
        ['Email/changes', { sinceState: state, maxChanges: 1 }],
        ['Email/queryChanges', { sinceQueryState: state }],
        ['Email/queryChanges', { sinceQueryState: state, filter: text, collapseThreads: true }],
        ['Mailbox/queryChanges', { sinceQueryState: state }],
      ]),
    ]
    const boxes = ids.B.filter((id) => id !== world.mailbox(alice, 'inbox'))
    const shownEmail = formatEmailId(store.view(store.mailboxByRole('inbox')!.id).emailIdAt(0))
    const hiddenEmails = ids.M.slice(0, store.state).filter((id) => id !== shownEmail)
    const writes: Call[] = [
      ['Email/set', { update: Object.fromEntries(hiddenEmails.map((id) => [id, { 'keywords/$seen': true }])) }],
      ['Email/set', { destroy: hiddenEmails }],
      ['Mailbox/set', { update: Object.fromEntries(boxes.map((id) => [id, { isSubscribed: true }])) }],
      ['Mailbox/set', { update: Object.fromEntries(boxes.map((id) => [id, { name: 'Mine' }])) }],
      ['Mailbox/set', { update: Object.fromEntries(boxes.map((id) => [id, { shareWith: { a2: everything } }])) }],
      ['Mailbox/set', { destroy: boxes, onDestroyRemoveEmails: true }],
      ...boxes.map((id): Call => ['Email/set', { create: { k: { mailboxIds: { [id]: true }, subject: 'x' } } }]),
      ...boxes.map((id): Call => ['Mailbox/set', { create: { k: { name: 'x', parentId: id } } }]),
      ...ids.blobs.map((blobId): Call => [
        'Email/import',
        { emails: { k: { blobId, mailboxIds: { [boxes[0] as string]: true } } } },
      ]),
    ]
    // Its thread and its blob have its number.
    const visible = new Set([
      world.mailbox(alice, 'inbox'),
      ...['M', 'T', 'G'].map((kind) => `${kind}${shownEmail.slice(1)}`),
    ])
    for (const [name, args] of [...reads, ...writes]) {
      const [[answered, answer]] = await world.calls(bob, [name, { accountId: alice.id, ...args }])
      const shown = JSON.stringify(told(answer))
      expect(JSON.stringify(answer), `${name} ${JSON.stringify(args)}`).not.toContain(secret)
      if (answered === 'error') continue
      for (const id of shown.match(/"[MTBG]\d+"/g) ?? [])
        expect(visible, `${name} tells ${id}`).toContain(id.slice(1, -1))
    }
    expect(world.house.faults).toEqual([])
    expect(hidden()).toEqual(before)
  },
)
