import { describe, expect, it } from 'vitest'
import { simpleMessage, World, type Answer } from '../../access/jmap/world.ts'

const mail = 'urn:ietf:params:jmap:mail'
const submission = 'urn:ietf:params:jmap:submission'
const vacation = 'urn:ietf:params:jmap:vacationresponse'

const sessionOf = (world: World): Answer => world.jmap.session('https://mail.facteur.test')

describe('capabilities (RFC 8621 §1.3)', () => {
  it.each([mail, submission, vacation])('%s is an empty object for the session', (capability) => {
    const session = sessionOf(new World())
    expect(session.capabilities[capability]).toEqual({})
    expect(session.accounts.a1.accountCapabilities).toHaveProperty([capability])
    expect(session.primaryAccounts[capability]).toBe('a1')
  })

  it('mail tells what the account may hold (§1.3.1)', () => {
    const limits = { maxMailboxesPerEmail: 3, maxMailboxDepth: 4, maxMailboxNameSize: 120 }
    const world = new World({ maxSizeAttachmentsPerEmail: 5000 }, { limits })
    expect(sessionOf(world).accounts.a1.accountCapabilities[mail]).toEqual({
      maxMailboxesPerEmail: 3,
      maxMailboxDepth: 4,
      maxSizeMailboxName: 120,
      maxSizeAttachmentsPerEmail: 5000,
      emailQuerySortOptions: expect.arrayContaining(['receivedAt']),
      mayCreateTopLevelMailbox: true,
    })
  })

  it('a mailbox name may have at least 100 octets (§1.3.1)', () => {
    const { maxSizeMailboxName } = sessionOf(new World()).accounts.a1.accountCapabilities[mail]
    expect(maxSizeMailboxName).toBeGreaterThanOrEqual(100)
  })

  it('mayCreateTopLevelMailbox is true', async () => {
    const { created } = await new World().call('Mailbox/set', { create: { k: { name: 'x', parentId: null } } })
    expect(created.k.parentId).toBeUndefined()
  })

  it('submission tells how long a message may be held, and what SMTP offers (§1.3.2)', () => {
    const { maxDelayedSend, submissionExtensions } = sessionOf(new World({ maxDelayedSend: 600 })).accounts.a1
      .accountCapabilities[submission]
    expect(maxDelayedSend).toBe(600)
    expect(submissionExtensions).toMatchObject({ FUTURERELEASE: ['600'], DSN: [] })
    for (const args of Object.values(submissionExtensions)) expect(args).toEqual(expect.any(Array))
  })

  it('vacationresponse has no properties (§1.3.3)', () => {
    expect(sessionOf(new World()).accounts.a1.accountCapabilities[vacation]).toEqual({})
  })
})

describe('which capability a type belongs to (RFC 8621 §1.4)', () => {
  const methods: Readonly<Record<string, readonly string[]>> = {
    [mail]: ['Mailbox/get', 'Thread/get', 'Email/get', 'SearchSnippet/get'],
    [submission]: ['Identity/get', 'EmailSubmission/get'],
    [vacation]: ['VacationResponse/get'],
  }

  it.each(Object.keys(methods))(
    '%s: its methods are unknown without it, and no others known by it',
    async (capability) => {
      const world = new World()
      for (const [owner, names] of Object.entries(methods)) {
        for (const name of names) {
          const { body } = await world.post(
            JSON.stringify({
              using: ['urn:ietf:params:jmap:core', capability],
              methodCalls: [
                [
                  name,
                  {
                    accountId: 'a1',
                    ids: [],
                    ...(name.startsWith('Sea') ? { filter: null, emailIds: [], ids: undefined } : {}),
                  },
                  '0',
                ],
              ],
            }),
          )
          expect(body.methodResponses[0][0]).toBe(owner === capability ? name : 'error')
        }
      }
    },
  )
})

const changedBy = (world: World): string[] =>
  Object.keys(world.jmap.stateChange(world.commits.at(-1) as never)?.changed['a1'] ?? {})

describe('push (RFC 8621 §1.5)', () => {
  it('EmailDelivery changes when an email is added, and by nothing else', async () => {
    const world = new World()
    const id = world.deliver(simpleMessage)
    expect(changedBy(world)).toEqual(expect.arrayContaining(['Email', 'EmailDelivery', 'Mailbox', 'Thread']))
    await world.call('Email/set', { update: { [id]: { 'keywords/$seen': true } } })
    expect(changedBy(world)).not.toContain('EmailDelivery')
    await world.call('Email/set', { update: { [id]: { mailboxIds: { [world.mailbox('trash')]: true } } } })
    expect(changedBy(world)).not.toContain('EmailDelivery')
    await world.call('Email/set', { destroy: [id] })
    expect(changedBy(world)).toEqual(expect.arrayContaining(['Email', 'Mailbox', 'Thread']))
    expect(changedBy(world)).not.toContain('EmailDelivery')
  })
})
