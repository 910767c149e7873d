/**
 * RFC 8620 §2: the Session object. §2.2 and the headers are tested over HTTP in test/host/workers.
 */
import { describe, expect, it } from 'vitest'
import { using, World, type Answer } from '../../access/jmap/world.ts'

const coreUri = 'urn:ietf:params:jmap:core'
const session: Answer = new World().jmap.session('https://mail.example/')

describe('§2 the Session object', () => {
  it('§2 has every property of the standard', () => {
    expect(session).toMatchObject({
      capabilities: expect.any(Object),
      accounts: expect.any(Object),
      primaryAccounts: expect.any(Object),
      username: 'alice@facteur.test',
      apiUrl: 'https://mail.example/jmap/api',
      downloadUrl: expect.stringMatching(/^https:\/\/mail\.example\//),
      uploadUrl: expect.stringMatching(/^https:\/\/mail\.example\//),
      eventSourceUrl: expect.stringMatching(/^https:\/\/mail\.example\//),
      state: expect.stringMatching(/^\S+$/),
    })
  })

  it.each([
    ['maxConcurrentUpload', 4],
    ['maxSizeRequest', 10_000_000],
    ['maxConcurrentRequests', 4],
    ['maxCallsInRequest', 16],
    ['maxObjectsInGet', 500],
    ['maxObjectsInSet', 500],
  ])('§2 the core capability has %s, at least the suggested %d', (name, least) => {
    expect(session.capabilities[coreUri][name]).toBeGreaterThanOrEqual(least)
  })

  it('§2 maxSizeUpload is the largest message: there is nothing else to upload for', () => {
    const { maxSizeUpload } = session.capabilities[coreUri]
    expect(maxSizeUpload).toBe(new World().jmap.limits.maxSizeEmail)
  })

  it('§2 what a limit is set to, the session says', () => {
    const limits = {
      maxSizeUpload: 1,
      maxConcurrentUpload: 2,
      maxSizeRequest: 3,
      maxConcurrentRequests: 4,
      maxCallsInRequest: 5,
      maxObjectsInGet: 6,
      maxObjectsInSet: 7,
    }
    const other: Answer = new World(limits).jmap.session('https://mail.example')
    expect(other.capabilities[coreUri]).toMatchObject(limits)
    expect(other.state).not.toBe(session.state)
  })

  it('§2 every collation advertised sorts strings, in emails as in mailboxes, and others do not (§5.5)', async () => {
    const world = new World()
    const { collationAlgorithms } = session.capabilities[coreUri]
    expect(collationAlgorithms).toContain('i;unicode-casemap')
    for (const [method, property] of [
      ['Email/query', 'subject'],
      ['Email/query', 'from'],
      ['Mailbox/query', 'name'],
    ] as const) {
      for (const collation of collationAlgorithms) await world.call(method, { sort: [{ property, collation }] })
      const sort = [{ property, collation: 'i;ascii-numeric' }]
      expect((await world.refusal(method, { sort })).type).toBe('unsupportedSort')
    }
  })

  it('§2 accounts have a name, isPersonal, isReadOnly and capabilities that the server has', () => {
    const accounts: [string, Answer][] = Object.entries(session.accounts)
    expect(accounts.map(([id]) => id)).toEqual(['a1'])
    for (const [, account] of accounts) {
      expect(account).toMatchObject({ name: 'alice@facteur.test', isPersonal: true, isReadOnly: false })
      for (const [uri, value] of Object.entries(account.accountCapabilities)) {
        expect(session.capabilities).toHaveProperty([uri])
        expect(value).toEqual(expect.any(Object))
      }
    }
  })

  it('§2 an account tells what its capabilities want to be told (RFC 8621 §1.3)', () => {
    const { accountCapabilities } = session.accounts.a1
    expect(accountCapabilities['urn:ietf:params:jmap:mail']).toMatchObject({
      maxMailboxesPerEmail: expect.any(Number),
      maxMailboxDepth: expect.any(Number),
      maxSizeMailboxName: expect.any(Number),
      maxSizeAttachmentsPerEmail: expect.any(Number),
      emailQuerySortOptions: expect.arrayContaining(['receivedAt']),
      mayCreateTopLevelMailbox: true,
    })
    expect(accountCapabilities['urn:ietf:params:jmap:submission']).toMatchObject({
      maxDelayedSend: 2_592_000,
      submissionExtensions: expect.any(Object),
    })
  })

  it('§2 primaryAccounts names accounts by capabilities that they have, and not by the core', () => {
    expect(session.primaryAccounts).not.toHaveProperty([coreUri])
    expect(Object.keys(session.primaryAccounts)).toEqual(expect.arrayContaining(using.slice(1)))
    for (const [uri, id] of Object.entries<string>(session.primaryAccounts)) {
      expect(session.accounts[id].accountCapabilities).toHaveProperty([uri])
    }
  })

  it.each([
    ['downloadUrl', ['accountId', 'blobId', 'type', 'name']],
    ['uploadUrl', ['accountId']],
    ['eventSourceUrl', ['types', 'closeafter', 'ping']],
  ])('§2 %s is a level 1 template (RFC 6570 §1.2) with the variables %j', (name, variables) => {
    const found = [...session[name].matchAll(/\{([^}]*)\}/g)].map(([, variable]) => variable)
    expect(new Set(found)).toEqual(new Set(variables))
  })

  it('§2 downloadUrl has the type in its query, as is recommended for its slash', () => {
    expect(session.downloadUrl).toMatch(/\?.*\{type\}/)
  })

  it('§2 the state is the same as long as nothing changes, and comes with every response (§3.4)', async () => {
    const world = new World()
    const { body } = await world.post(JSON.stringify({ using, methodCalls: [] }))
    expect(body).toEqual({ methodResponses: [], sessionState: session.state })
    world.deliver('Subject: x\n\ny\n')
    expect((world.jmap.session('https://mail.example/') as Answer).state).toBe(session.state)
  })

  it('§2 capabilities are those that `using` takes, all of them', async () => {
    const { status } = await new World().post(
      JSON.stringify({ using: Object.keys(session.capabilities), methodCalls: [] }),
    )
    expect(status).toBe(200)
  })
})
