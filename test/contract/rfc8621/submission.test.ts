import { describe, expect, it } from 'vitest'
import { decodeUtf8 } from '../../../src/format/index.ts'
import { simpleMessage, World, type Answer } from '../../access/jmap/world.ts'

const letter = `From: Alice <alice@facteur.test>
To: Bob <bob@example.com>, Alice <ALICE@FACTEUR.TEST>
Cc: bob@EXAMPLE.com, carol@example.com
Bcc: dave@example.com,
 erin@example.com
Subject: Hello
Date: Mon, 23 Nov 2026 10:00:00 +0100
Message-ID: <l1@facteur.test>

Hi
`

async function identityOf(world: World): Promise<string> {
  return (await world.call('Identity/get', {})).list[0].id
}

/** Stores the letter as a draft and submits it. */
async function submit(
  world: World,
  raw = letter,
  extra: Record<string, unknown> = {},
  args: Record<string, unknown> = {},
): Promise<Answer> {
  const emailId = world.deliver(raw, { role: 'drafts', keywords: ['$draft'] })
  const identityId = await identityOf(world)
  const [first, second] = await world.request([
    'EmailSubmission/set',
    { create: { k: { emailId, identityId, ...extra } }, ...args },
  ])
  if (first[0] === 'error') throw new Error(JSON.stringify(first) + String(world.faults.at(-1)))
  return { emailId, ...first[1], implied: second }
}

const to = (...emails: string[]) => ({
  mailFrom: { email: 'alice@facteur.test' },
  rcptTo: emails.map((email) => ({ email })),
})

describe('EmailSubmission/set create (RFC 8621 §7, §7.5)', () => {
  it('derives the envelope, removes Bcc, keeps every other octet', async () => {
    const world = new World()
    const answer = await submit(world)
    expect(answer.notCreated).toBeNull()
    expect(world.sent).toHaveLength(1)
    const { envelope, raw } = world.sent[0] as (typeof world.sent)[0]
    expect(envelope).toEqual({
      reversePath: 'alice@facteur.test',
      recipients: [
        'bob@example.com',
        'ALICE@facteur.test',
        'carol@example.com',
        'dave@example.com',
        'erin@example.com',
      ].map((address) => ({ address: expect.stringMatching(new RegExp(`^${address}$`, 'i')) })),
      smtputf8: false,
      body: '7BIT',
      envid: expect.stringMatching(/^id\d+$/),
    })
    expect(decodeUtf8(raw)).toBe(letter.replace(/Bcc: .*\n .*\n/, '').replaceAll('\n', '\r\n'))
    expect(answer.created.k).toMatchObject({
      id: expect.stringMatching(/^S\d+$/),
      threadId: expect.any(String),
      undoStatus: 'final',
      sendAt: '2026-11-23T12:00:00Z',
      envelope: { mailFrom: { email: 'alice@facteur.test', parameters: null } },
    })
    const { list } = await world.call('EmailSubmission/get', { ids: null })
    expect(list[0]).toMatchObject({
      emailId: answer.emailId,
      identityId: await identityOf(world),
      deliveryStatus: {
        'bob@example.com': { smtpReply: '250 2.0.0 queued', delivered: 'queued', displayed: 'unknown' },
      },
      dsnBlobIds: [],
      mdnBlobIds: [],
    })
  })

  it('takes the envelope it is given, with its DSN parameters (RFC 3461)', async () => {
    const world = new World()
    await submit(world, letter, {
      envelope: {
        mailFrom: { email: 'alice+news@facteur.test', parameters: { RET: 'hdrs', envid: 'QQ314159' } },
        rcptTo: [
          { email: 'only@example.com', parameters: { NOTIFY: 'SUCCESS,FAILURE', ORCPT: 'rfc822;first@example.com' } },
        ],
      },
    })
    expect(world.sent[0]?.envelope).toEqual({
      reversePath: 'alice+news@facteur.test',
      recipients: [{ address: 'only@example.com', notify: ['SUCCESS', 'FAILURE'], orcpt: 'rfc822;first@example.com' }],
      smtputf8: false,
      body: '7BIT',
      ret: 'HDRS',
      envid: 'QQ314159',
    })
  })

  it('asks for 8BITMIME and SMTPUTF8 when the message needs them', async () => {
    const world = new World()
    await submit(world, letter.replace('Hi', 'Grüß Gott'))
    expect(world.sent[0]?.envelope).toMatchObject({ body: '8BITMIME', smtputf8: false })
    await submit(world, letter.replace('Subject: Hello', 'Subject: Grüße'))
    expect(world.sent[1]?.envelope).toMatchObject({ body: '8BITMIME', smtputf8: true })
  })

  it('uses the sender, or else the address of the identity (§7)', async () => {
    const world = new World()
    await submit(world, `Sender: alice+s@facteur.test\n${letter}`)
    expect(world.sent[0]?.envelope.reversePath).toBe('alice+s@facteur.test')
    await submit(world, letter.replace('From: Alice <alice@facteur.test>', 'From: sales@facteur.test'))
    expect(world.sent[1]?.envelope.reversePath).toBe('alice@facteur.test')
  })

  it('submits a draft made in the same request, then files it: the example of §7.5', async () => {
    const world = new World()
    const identityId = await identityOf(world)
    const drafts = world.mailbox('drafts')
    const responses = await world.request(
      [
        'Email/set',
        {
          create: {
            draft: {
              mailboxIds: { [drafts]: true },
              keywords: { $draft: true, $seen: true },
              from: [{ name: 'Alice', email: 'alice@facteur.test' }],
              to: [{ email: 'jane@example.com' }],
              subject: 'Hi',
              textBody: [{ partId: '1' }],
              bodyValues: { '1': { value: 'Hello Jane' } },
            },
          },
        },
      ],
      [
        'EmailSubmission/set',
        {
          create: { k1490: { identityId, emailId: '#draft' } },
          onSuccessUpdateEmail: {
            '#k1490': {
              [`mailboxIds/${drafts}`]: null,
              [`mailboxIds/${world.mailbox('sent')}`]: true,
              'keywords/$draft': null,
            },
          },
        },
      ],
    )
    expect(responses.map(([name, , callId]: Answer) => [name, callId])).toEqual([
      ['Email/set', 'c0'],
      ['EmailSubmission/set', 'c1'],
      ['Email/set', 'c1'],
    ])
    const id = responses[0][1].created.draft.id
    expect(responses[2][1].updated).toEqual({ [id]: null })
    const { list } = await world.call('Email/get', { ids: [id], properties: ['mailboxIds', 'keywords'] })
    expect(list[0]).toEqual({ id, mailboxIds: { [world.mailbox('sent')]: true }, keywords: { $seen: true } })
    expect(world.sent[0]?.envelope.recipients).toEqual([{ address: 'jane@example.com' }])
  })

  it('destroys the email on success, and does nothing to it on failure', async () => {
    const world = new World()
    const done = await submit(world, letter, {}, { onSuccessDestroyEmail: ['#k'] })
    expect(done.implied).toEqual(['Email/set', expect.objectContaining({ destroyed: [done.emailId] }), 'c0'])
    const failed = await submit(
      world,
      letter,
      { identityId: 'I999' },
      { onSuccessDestroyEmail: ['#k'], onSuccessUpdateEmail: { '#k': { 'keywords/x': true } } },
    )
    expect(failed.implied).toBeUndefined()
    expect((await world.call('Email/get', { ids: [failed.emailId] })).notFound).toEqual([])
  })

  it.each<[string, string, Record<string, unknown>, Record<string, unknown>]>([
    [
      'an identity that is not there',
      letter,
      { identityId: 'I999' },
      { type: 'invalidProperties', properties: ['identityId'] },
    ],
    ['an email that is not there', letter, { emailId: 'M999' }, { type: 'invalidProperties', properties: ['emailId'] }],
    [
      'an email that nothing created',
      letter,
      { emailId: '#zz' },
      { type: 'invalidProperties', properties: ['emailId'] },
    ],
    [
      'undoStatus, which the server sets',
      letter,
      { undoStatus: 'pending' },
      { type: 'invalidProperties', properties: ['undoStatus'] },
    ],
    ['an unknown property', letter, { colour: 1 }, { type: 'invalidProperties', properties: ['colour'] }],
    ['a foreign From', simpleMessage, {}, { type: 'forbiddenFrom' }],
    ['a foreign Sender', `Sender: eve@example.com\n${letter}`, {}, { type: 'forbiddenFrom' }],
    [
      'a second, foreign author',
      letter.replace('From: ', 'Sender: alice@facteur.test\nFrom: eve@example.com, '),
      {},
      { type: 'forbiddenFrom' },
    ],
    [
      'a foreign envelope sender',
      letter,
      { envelope: { ...to('b@example.com'), mailFrom: { email: 'eve@example.com' } } },
      { type: 'forbiddenMailFrom' },
    ],
    [
      'an empty envelope sender',
      letter,
      { envelope: { ...to('b@example.com'), mailFrom: { email: '' } } },
      { type: 'forbiddenMailFrom' },
    ],
    ['no recipients', letter.replace(/^(To|Cc|Bcc|\s).*\n/gm, ''), {}, { type: 'noRecipients' }],
    ['an empty rcptTo', letter, { envelope: to() }, { type: 'noRecipients' }],
    [
      'a recipient that is no address',
      letter,
      { envelope: to('b@example.com', 'nobody', 'a b@c') },
      { type: 'invalidRecipients', invalidRecipients: ['nobody', 'a b@c'] },
    ],
    [
      'too many recipients',
      letter,
      { envelope: to('a@x.example', 'b@x.example', 'c@x.example', 'd@x.example', 'e@x.example', 'f@x.example') },
      { type: 'tooManyRecipients', maxRecipients: 5 },
    ],
    ['no From', letter.replace(/^From.*\n/, ''), {}, { type: 'invalidEmail', properties: ['from'] }],
    ['no Date', letter.replace(/^Date.*\n/m, ''), {}, { type: 'invalidEmail', properties: ['sentAt'] }],
    [
      'two Subjects and a half-written To',
      letter.replace('Subject', 'Subject: a\nSubject').replace('Bob <bob@example.com>', 'bob@'),
      {},
      { type: 'invalidEmail', properties: ['subject', 'to'] },
    ],
    [
      'two authors without sender (RFC 5322 §3.6.2)',
      letter.replace('From: ', 'From: sales@facteur.test, '),
      {},
      { type: 'invalidEmail', properties: ['sender'] },
    ],
    ['a message above maxSizeEmail', letter + 'x'.repeat(3000), {}, { type: 'tooLarge', maxSize: 3000 }],
    [
      'an envelope that is a string',
      letter,
      { envelope: 'x' },
      { type: 'invalidProperties', properties: ['envelope'] },
    ],
    [
      'an envelope without rcptTo',
      letter,
      { envelope: { mailFrom: { email: 'a@b.example' } } },
      { type: 'invalidProperties', properties: ['envelope'] },
    ],
    [
      'an unknown parameter',
      letter,
      {
        envelope: { ...to('b@example.com'), mailFrom: { email: 'alice@facteur.test', parameters: { SOLICIT: 'x' } } },
      },
      { type: 'invalidProperties', properties: ['envelope'] },
    ],
    [
      'a parameter with a line end',
      letter,
      {
        envelope: {
          ...to('b@example.com'),
          mailFrom: { email: 'alice@facteur.test', parameters: { ENVID: 'a\r\nRCPT TO:<x@y>' } },
        },
      },
      { type: 'invalidProperties', properties: ['envelope'] },
    ],
  ])('refuses %s, sends nothing, records nothing', async (_, raw, extra, error) => {
    const world = new World({ maxRecipients: 5, maxSizeEmail: 3000 })
    const answer = await submit(world, raw, extra)
    expect(answer.notCreated.k).toMatchObject(error)
    expect(world.sent).toEqual([])
    expect((await world.call('EmailSubmission/get', {})).list).toEqual([])
  })

  it.each<[number, string, string]>([
    [552, '5.3.4', 'tooLarge'],
    [550, '5.1.1', 'invalidRecipients'],
    [550, '5.7.1', 'forbiddenToSend'],
    [451, '4.3.0', 'forbiddenToSend'],
  ])('passes the refusal %d %s on as %s', async (code, enhanced, type) => {
    const world = new World()
    world.outcome = { accepted: false, reply: { code, enhanced, text: 'no' } }
    expect((await submit(world)).notCreated.k).toMatchObject({ type, description: `${code} ${enhanced} no` })
  })

  it('reports a fault of ours for that message alone, without its internals', async () => {
    const world = new World()
    world.outcome = new Error('secret')
    const answer = await submit(world)
    expect(answer.notCreated.k.type).toBe('serverFail')
    expect(JSON.stringify(answer)).not.toContain('secret')
    expect(world.faults).toHaveLength(1)
  })
})

describe('EmailSubmission update, destroy, query (RFC 8621 §7)', () => {
  it('cannotUnsend: what is handed over is final', async () => {
    const world = new World()
    const { id } = (await submit(world)).created.k
    const update = (patch: object) => world.call('EmailSubmission/set', { update: { [id]: patch } })
    expect((await update({ undoStatus: 'canceled' })).notUpdated[id].type).toBe('cannotUnsend')
    expect((await update({ undoStatus: 'final' })).updated).toEqual({ [id]: null })
    expect((await update({ undoStatus: 'pending' })).notUpdated[id].type).toBe('invalidProperties')
    expect((await update({ emailId: 'M1' })).notUpdated[id].type).toBe('invalidProperties')
  })

  it('destroying a record removes only the record', async () => {
    const world = new World()
    const answer = await submit(world)
    const { id } = answer.created.k
    const gone = await world.call('EmailSubmission/set', { destroy: [id, 'S999'] })
    expect(gone).toMatchObject({ destroyed: [id], notDestroyed: { S999: { type: 'notFound' } } })
    expect((await world.call('Email/get', { ids: [answer.emailId] })).notFound).toEqual([])
  })

  it('filters and sorts', async () => {
    const world = new World()
    const first = await submit(world)
    world.now += 60_000
    const second = await submit(world)
    const ids = [first.created.k.id, second.created.k.id]
    const find = async (args: object) => (await world.call('EmailSubmission/query', args as never)).ids
    expect(await find({ sort: [{ property: 'sentAt', isAscending: false }] })).toEqual(ids.toReversed())
    expect(await find({ filter: { emailIds: [second.emailId] } })).toEqual([ids[1]])
    expect(await find({ filter: { after: '2026-11-23T12:01:00Z' } })).toEqual([ids[1]])
    expect(await find({ filter: { before: '2026-11-23T12:01:00Z', undoStatus: 'final' } })).toEqual([ids[0]])
    expect(await find({ filter: { undoStatus: 'pending' } })).toEqual([])
    expect(await find({ filter: { identityIds: ['I999'] } })).toEqual([])
    expect((await world.refusal('EmailSubmission/query', { filter: { emailIds: 'M1' } })).type).toBe('invalidArguments')
    expect((await world.refusal('EmailSubmission/query', { sort: [{ property: 'undoStatus' }] })).type).toBe(
      'unsupportedSort',
    )
  })
})
