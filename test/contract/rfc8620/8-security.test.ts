/**
 * RFC 8620 §3.9 and §8: whatever a client sends, and whatever fails on our side.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { memorySql } from '../../../src/host/memory/sql.ts'
import type { Sql } from '../../../src/storage/index.ts'
import { simpleMessage, World, type Answer } from '../../access/jmap/world.ts'
import { anyJson, argumentsFor } from './any-json.ts'
import { everything, methods } from './methods.ts'

const others = ['Core/echo', 'Blob/copy', 'Email/copy', 'MDN/send', 'PushSubscription/get', 'PushSubscription/set']
const call = fc
  .constantFrom(...methods.map(({ name }) => name), ...others)
  .chain((name) => fc.tuple(fc.constant(name), argumentsFor(name)))

const withoutAccount = /^(Core|PushSubscription)\//

describe('§3.9 whatever the arguments', () => {
  it("§3.9 the answer is a result or the standard's own error, never a fault; and where all is refused, nothing is written", async () => {
    const world = new World()
    world.deliver(simpleMessage)
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 3 }), async (calls) => {
        const methodCalls = calls.map(([name, args]) => [
          name,
          withoutAccount.test(name) ? args : { accountId: 'a1', ...args },
          'c',
        ])
        const commits = world.commits.length
        const { status, body } = await world.post(JSON.stringify({ using: everything, methodCalls }))
        expect(status).toBe(200)
        expect(world.faults).toEqual([])
        const errors = body.methodResponses.filter(([name]: Answer) => name === 'error')
        for (const [, { type }] of errors) expect(type).not.toMatch(/^server/)
        if (errors.length === calls.length) expect(world.commits.length).toBe(commits)
      }),
      { numRuns: 3000 },
    )
  })

  it('§3.9 any JSON in place of any one argument', async () => {
    const world = new World()
    world.deliver(simpleMessage)
    const standard = methods.flatMap(({ name, args }) =>
      ['accountId', 'ids', 'properties', 'sinceState', 'maxChanges', 'filter', 'sort', 'create', 'update', 'destroy']
        .concat(['ifInState', 'anchor', 'limit', 'position', 'upToId', 'emails', 'blobIds', 'typeNames', 'emailIds'])
        .map((argument) => ({ name, args, argument })),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...standard), anyJson, async ({ name, args, argument }, value) => {
        const methodCalls = [[name, { accountId: 'a1', ...args, [argument]: value }, 'c']]
        const { status, body } = await world.post(JSON.stringify({ using: everything, methodCalls }))
        expect([status, world.faults]).toEqual([200, []])
        expect(body.methodResponses[0][1].type ?? '').not.toMatch(/^server/)
      }),
      { numRuns: 3000 },
    )
  })

  it('§3.6.1 any octets as a body', async () => {
    const world = new World()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect((await world.post(bytes)).status).toBe(400)
      }),
    )
  })

  it('§3.6.1 any JSON as a request', async () => {
    const world = new World()
    await fc.assert(
      fc.asyncProperty(anyJson, anyJson, async (value, methodCalls) => {
        for (const body of [value, { using: everything, methodCalls }, { using: value, methodCalls: [] }]) {
          expect([200, 400]).toContain((await world.post(JSON.stringify(body))).status)
        }
        expect(world.faults).toEqual([])
      }),
    )
  })

  it('§3.6.1 a request nested without end is notJSON', async () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const deep = `${open.repeat(100_000)}1${close.repeat(100_000)}`
      const body = `{"using":[],"methodCalls":[["Core/echo",{"a":${deep}},"c"]]}`
      expect((await new World().post(body)).body.type).toBe('urn:ietf:params:jmap:error:notJSON')
    }
  })
})

/** A database that fails from a certain statement on. */
class FailingSql implements Sql {
  readonly #inner = memorySql()
  left = Infinity

  exec: Sql['exec'] = (query, ...bindings) => {
    if (this.left-- <= 0) throw new Error('the disk is gone')
    return this.#inner.exec(query, ...bindings)
  }

  transaction<T>(work: () => T): T {
    return this.#inner.transaction(work)
  }
}

interface Scene {
  readonly world: World
  readonly sql: FailingSql
  readonly emails: readonly string[]
  readonly identity: string
  readonly blobs: readonly string[]
}

const raw = (n: number) =>
  `From: alice@facteur.test\nTo: bob@x.test\nSubject: ${n}\nMessage-ID: <m${n}@x>\nDate: Mon, 23 Nov 2026 10:00:00 +0100\n` +
  'Disposition-Notification-To: bob@x.test\n\nHi\n'

async function scene(): Promise<Scene> {
  const sql = new FailingSql()
  const world = new World({}, { sql })
  const emails = [1, 2, 3].map((n) => world.deliver(raw(n)))
  const identity = (await world.call('Identity/get')).list[0].id
  const blobs = await Promise.all(
    [4, 5].map(async (n) => {
      const bytes = new TextEncoder().encode(raw(n).replaceAll('\n', '\r\n'))
      return JSON.parse((await world.jmap.upload('a1', bytes, 'message/rfc822')).body).blobId as string
    }),
  )
  return { world, sql, emails, identity, blobs }
}

/** All that a client can see. */
async function visible({ world }: Scene): Promise<string> {
  const types = ['Mailbox', 'Identity', 'EmailSubmission', 'VacationResponse']
  const methodCalls = [
    ...types.map((type) => [`${type}/get`, { accountId: 'a1' }, type]),
    ['Email/query', { accountId: 'a1' }, 'q'],
    ['Email/get', { accountId: 'a1', '#ids': { resultOf: 'q', name: 'Email/query', path: '/ids' } }, 'g'],
  ]
  return JSON.stringify((await world.post(JSON.stringify({ using: everything, methodCalls }))).body.methodResponses)
}

const writes: [name: string, args: (scene: Scene) => object][] = [
  [
    'Mailbox/set',
    ({ world }) => ({
      create: { a: { name: 'A' }, b: { name: 'B', parentId: '#a' } },
      update: { [world.mailbox('archive')]: { name: 'X' } },
      destroy: [world.mailbox('junk')],
    }),
  ],
  [
    'Email/set',
    ({ world, emails: [one, two, three] }) => ({
      create: { k: { mailboxIds: { [world.mailbox('drafts')]: true }, subject: 'x' } },
      update: {
        [one as string]: { 'keywords/$flagged': true },
        [two as string]: { mailboxIds: { [world.mailbox('archive')]: true } },
      },
      destroy: [three],
    }),
  ],
  [
    'Email/import',
    ({ world, blobs }) => ({
      emails: Object.fromEntries(
        blobs.map((blobId, n) => [`k${n}`, { blobId, mailboxIds: { [world.mailbox('inbox')]: true } }]),
      ),
    }),
  ],
  [
    'Identity/set',
    ({ identity }) => ({ create: { a: { email: 'alice@facteur.test' } }, update: { [identity]: { name: 'Z' } } }),
  ],
  ['VacationResponse/set', () => ({ update: { singleton: { isEnabled: true } } })],
]

describe('§3.6.2 whatever fails on our side', () => {
  it.each(writes)(
    '§3.6.2 %s: a fault at any of its statements is serverFail, and leaves nothing behind',
    async (name, args) => {
      for (let statement = 0, faulted = true; faulted; statement++) {
        const stage = await scene()
        const { world, sql } = stage
        const before = await visible(stage)
        const methodCalls = [[name, { accountId: 'a1', ...args(stage) }, 'c']]
        const body = JSON.stringify({ using: everything, createdIds: {}, methodCalls })
        sql.left = statement
        const { methodResponses, createdIds } = (await world.post(body)).body
        faulted = sql.left < 0
        sql.left = Infinity
        const [response, { type, description }] = methodResponses[0]
        if (!faulted) expect(response).toBe(name)
        else {
          expect([statement, response, type, createdIds]).toEqual([statement, 'error', 'serverFail', {}])
          expect(description).not.toContain('disk')
          expect(await visible(stage)).toBe(before)
        }
      }
    },
  )

  it('§3.6.2 Blob/upload: each blob stands for itself', async () => {
    for (let statement = 0, faulted = true; faulted; statement++) {
      const { world, sql } = await scene()
      const create = { a: { data: [{ 'data:asText': 'one' }] }, b: { data: [{ 'data:asText': 'two' }] } }
      const methodCalls = [['Blob/upload', { accountId: 'a1', create }, 'c']]
      const body = JSON.stringify({ using: everything, createdIds: {}, methodCalls })
      sql.left = statement
      const { methodResponses, createdIds } = (await world.post(body)).body
      faulted = sql.left < 0
      sql.left = Infinity
      const [response, { created, notCreated }] = methodResponses[0]
      expect(response).toBe('Blob/upload')
      const made = Object.entries<Answer>(created ?? {})
      expect(createdIds).toEqual(Object.fromEntries(made.map(([key, { id }]) => [key, id])))
      for (const [, { id }] of made) expect(await world.jmap.download('a1', id)).toBeDefined()
      for (const error of Object.values<Answer>(notCreated ?? {})) expect(error.type).toBe('serverFail')
      expect(made.length + Object.keys(notCreated ?? {}).length).toBe(2)
    }
  })

  it('§3.6.2 EmailSubmission/set never denies that a message was sent', async () => {
    for (let statement = 0, faulted = true; faulted; statement++) {
      const { world, sql, emails, identity } = await scene()
      const create = { s: { emailId: emails[0], identityId: identity } }
      const args = { create, onSuccessUpdateEmail: { '#s': { 'keywords/$seen': true } } }
      const body = JSON.stringify({
        using: everything,
        methodCalls: [['EmailSubmission/set', { accountId: 'a1', ...args }, 'c']],
      })
      sql.left = statement
      const { methodResponses } = (await world.post(body)).body
      faulted = sql.left < 0
      sql.left = Infinity
      const { list } = await world.call('EmailSubmission/get')
      const [[response, { created }], implied] = methodResponses
      // What is recorded was told; and what was told is recorded.
      expect(list.length).toBe(response === 'error' ? 0 : Object.keys(created ?? {}).length)
      if (list.length > 0) expect(['Email/set', 'error']).toContain(implied[0])
      if (!faulted) expect([response, implied[0], world.sent.length]).toEqual(['EmailSubmission/set', 'Email/set', 1])
    }
  })
})
