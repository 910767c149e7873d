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

  it('asks for TLS all the way (RFC 8689)', async () => {
    const world = new World()
    await submit(world, letter, {
      envelope: {
        mailFrom: { email: 'alice@facteur.test', parameters: { REQUIRETLS: null } },
        rcptTo: [{ email: 'b@example.com', parameters: null }],
      },
    })
    expect(world.sent[0]?.envelope).toMatchObject({ requireTls: true })
  })

  it('asks for a priority (RFC 6710) and a time to be delivered by (RFC 2852)', async () => {
    const world = new World()
    const submitted = (parameters: Record<string, string>) =>
      submit(world, letter, {
        envelope: {
          mailFrom: { email: 'alice@facteur.test', parameters },
          rcptTo: [{ email: 'b@example.com', parameters: null }],
        },
      })
    await submitted({ 'MT-PRIORITY': '3', BY: '600;RT' })
    expect(world.sent[0]?.envelope).toMatchObject({ priority: 3, by: { seconds: 600, mode: 'return', trace: true } })
    for (const wrong of [{ 'MT-PRIORITY': '10' }, { BY: '0;R' }, { BY: '600' }]) await submitted(wrong)
    expect(world.sent).toHaveLength(1)
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
    [
      'neither of them',
      letter,
      { identityId: 'I999', emailId: 'M999' },
      { type: 'invalidProperties', properties: ['identityId', 'emailId'] },
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

const plain = (fields: string): string =>
  `${fields}\nSubject: x\nDate: Mon, 23 Nov 2026 10:00:00 +0100\nMessage-ID: <x@facteur.test>\n\nHi\n`

const recipientsOf = (world: World): string[] =>
  (world.sent[0]?.envelope.recipients ?? []).map(({ address }) => address)

describe('the envelope made from the email (RFC 8621 §7)', () => {
  it.each<[string, string, string, string[]]>([
    ['From', 'From: alice@facteur.test\nTo: b@x.example', 'alice@facteur.test', ['b@x.example']],
    [
      'Sender before From',
      'From: sales@facteur.test\nSender: alice@facteur.test\nTo: b@x.example',
      'alice@facteur.test',
      ['b@x.example'],
    ],
    [
      'To, Cc and Bcc without repetition, domains in any case',
      'From: alice@facteur.test\nTo: b@x.example, c@X.example\nCc: c@x.example\nBcc: b@x.EXAMPLE, d@x.example',
      'alice@facteur.test',
      ['b@x.example', 'c@X.example', 'd@x.example'],
    ],
    [
      'local parts that differ in case, which may be two',
      'From: alice@facteur.test\nTo: b@x.example, B@x.example',
      'alice@facteur.test',
      ['b@x.example', 'B@x.example'],
    ],
    [
      'the members of groups',
      'From: alice@facteur.test\nTo: Team: b@x.example, "C" <c@x.example>;, d@x.example',
      'alice@facteur.test',
      ['b@x.example', 'c@x.example', 'd@x.example'],
    ],
    [
      'Bcc alone',
      'From: alice@facteur.test\nTo: undisclosed-recipients:;\nBcc: b@x.example',
      'alice@facteur.test',
      ['b@x.example'],
    ],
    [
      'no Resent- field',
      'Resent-From: eve@x.example\nResent-To: r@x.example\nFrom: alice@facteur.test\nTo: b@x.example',
      'alice@facteur.test',
      ['b@x.example'],
    ],
  ])('takes %s', async (_, fields, mailFrom, rcptTo) => {
    const world = new World()
    const { created } = await submit(world, plain(fields))
    expect(created.k.envelope).toEqual({
      mailFrom: { email: mailFrom, parameters: null },
      rcptTo: rcptTo.map((email) => ({ email, parameters: null })),
    })
    expect(world.sent[0]?.envelope.reversePath).toBe(mailFrom)
    expect(recipientsOf(world)).toEqual(rcptTo)
  })

  it('falls back on the identity where it does not allow the sender', async () => {
    const world = new World()
    const { created } = await world.call('Identity/set', { create: { i: { email: 'alice+news@facteur.test' } } })
    await submit(world, plain('From: sales@facteur.test\nTo: b@x.example'), { identityId: created.i.id })
    expect(world.sent[0]?.envelope.reversePath).toBe('alice+news@facteur.test')
  })

  it('an identity for a whole domain allows its addresses, and is no sender itself (§6)', async () => {
    for (const [email, mailFrom] of [
      ['*@facteur.test', 'sales@facteur.test'],
      ['*@other.test', 'alice@facteur.test'],
    ] as const) {
      const world = new World()
      const { id } = world.store.createIdentity({ email, name: '' })
      await submit(world, plain('From: sales@facteur.test\nTo: b@x.example'), { identityId: `I${id}` })
      expect(world.sent[0]?.envelope.reversePath).toBe(mailFrom)
    }
  })

  it.each([
    ['two From fields', 'From: alice@facteur.test\nFrom: alice@facteur.test\nTo: b@x.example', 'from'],
    [
      'two Sender fields',
      'From: alice@facteur.test\nSender: alice@facteur.test\nSender: alice@facteur.test\nTo: b@x.example',
      'sender',
    ],
    [
      'two addresses in Sender',
      'From: alice@facteur.test\nSender: alice@facteur.test, sales@facteur.test\nTo: b@x.example',
      'sender',
    ],
    ['two To fields', 'From: alice@facteur.test\nTo: b@x.example\nTo: c@x.example', 'to'],
    ['a Cc that is no address', 'From: alice@facteur.test\nTo: b@x.example\nCc: nobody', 'cc'],
    ['a Bcc that is no address', 'From: alice@facteur.test\nTo: b@x.example\nBcc: b@', 'bcc'],
    ['a From that is no address', 'From: Alice\nTo: b@x.example', 'from'],
  ])('invalidEmail for %s', async (_, fields, property) => {
    const world = new World()
    const { notCreated } = await submit(world, plain(fields))
    expect(notCreated.k).toMatchObject({ type: 'invalidEmail', properties: [property] })
    expect(world.sent).toEqual([])
  })

  it('invalidEmail names every property that is wrong', async () => {
    const raw = 'From: x\nTo: y\nCc: z\nDate: never\nSubject: a\nSubject: b\n\nHi\n'
    const { notCreated } = await submit(new World(), raw)
    expect(new Set(notCreated.k.properties)).toEqual(new Set(['from', 'to', 'cc', 'sentAt', 'subject']))
  })

  it('an email need not be a draft: it may be sent on to somebody else', async () => {
    const world = new World()
    const emailId = world.deliver(plain('From: alice@facteur.test\nTo: b@x.example'), { role: 'archive' })
    const envelope = to('new@x.example')
    const identityId = await identityOf(world)
    const { created } = await world.call('EmailSubmission/set', { create: { k: { emailId, identityId, envelope } } })
    expect(created.k).not.toHaveProperty('envelope')
    expect(recipientsOf(world)).toEqual(['new@x.example'])
  })

  it('Bcc is gone from what is sent, in whatever form, and stays in the email', async () => {
    const world = new World()
    const { emailId } = await submit(
      world,
      plain('From: alice@facteur.test\nbcc: a@x.example,\n b@x.example\nTo: c@x.example\nBCC : d@x.example').replace(
        'BCC : d@x.example\n',
        '',
      ),
    )
    expect(decodeUtf8(world.sent[0]?.raw as Uint8Array)).not.toMatch(/bcc|a@x|b@x/i)
    const { list } = await world.call('Email/get', { ids: [emailId], properties: ['bcc'] })
    expect(list[0].bcc).toHaveLength(2)
  })
})

describe('the record (RFC 8621 §7)', () => {
  it('stays when its email is destroyed', async () => {
    const world = new World()
    const { emailId, created } = await submit(world)
    await world.call('Email/set', { destroy: [emailId] })
    const { list } = await world.call('EmailSubmission/get', { ids: [created.k.id] })
    expect(list[0]).toMatchObject({ emailId, threadId: created.k.threadId, undoStatus: 'final' })
    expect((await world.call('Email/get', { ids: [emailId] })).notFound).toEqual([emailId])
  })

  it('has one status for each recipient, with the reply on one line', async () => {
    const world = new World()
    world.outcome = {
      accepted: true,
      reply: { code: 250, enhanced: '2.0.0', text: ['Our system has taken', 'this message.'] },
      delivered: ['b@x.example'],
    }
    const { created } = await submit(world, plain('From: alice@facteur.test\nTo: b@x.example, c@x.example'))
    const smtpReply = '250 2.0.0 Our system has taken this message.'
    expect(created.k.deliveryStatus).toEqual({
      'b@x.example': { smtpReply, delivered: 'yes', displayed: 'unknown' },
      'c@x.example': { smtpReply, delivered: 'queued', displayed: 'unknown' },
    })
  })

  it('keeps a long reply, and with many recipients still fits its row', async () => {
    const world = new World()
    const text = 'x'.repeat(900)
    world.outcome = { accepted: true, reply: { code: 250, enhanced: '2.0.0', text } }
    const one = await submit(world, letter, { envelope: to('a@x.example') })
    expect(one.created.k.deliveryStatus['a@x.example'].smtpReply).toBe(`250 2.0.0 ${text}`)
    const all = Array.from({ length: 1000 }, (_, n) => `${'long'.repeat(10)}${n}@x.example`)
    const many = await submit(world, letter, { envelope: to(...all) })
    expect(Object.keys(many.created.k.deliveryStatus)).toHaveLength(1000)
  })

  it('a synthetic reply has an enhanced code', async () => {
    const world = new World()
    world.outcome = { accepted: true, reply: { code: 250, text: 'ok' } }
    const { created } = await submit(world, letter, { envelope: to('a@x.example') })
    expect(created.k.deliveryStatus['a@x.example'].smtpReply).toBe('250 2.0.0 ok')
  })

  it('changes are told (§7.2, §7.4)', async () => {
    const world = new World()
    const { state } = await world.call('EmailSubmission/get', { ids: [] })
    const { queryState } = await world.call('EmailSubmission/query', {})
    const { id } = (await submit(world)).created.k
    const since = { sinceState: state }
    expect(await world.call('EmailSubmission/changes', since)).toMatchObject({
      created: [id],
      updated: [],
      destroyed: [],
    })
    expect(await world.call('EmailSubmission/queryChanges', { sinceQueryState: queryState })).toMatchObject({
      added: [{ id, index: 0 }],
    })
    const later = (await world.call('EmailSubmission/get', { ids: [] })).state
    await world.call('EmailSubmission/set', { destroy: [id] })
    expect(await world.call('EmailSubmission/changes', { sinceState: later })).toMatchObject({ destroyed: [id] })
  })
})

describe('what follows a success (RFC 8621 §7.5)', () => {
  const held = { ...to('b@x.example'), mailFrom: { email: 'alice@facteur.test', parameters: { HOLDFOR: '600' } } }

  it('an update counts: a canceled submission puts its email back', async () => {
    const world = new World()
    const { emailId, created } = await submit(world, letter, { envelope: held })
    const { id } = created.k
    const drafts = world.mailbox('drafts')
    const [set, implied] = await world.request([
      'EmailSubmission/set',
      {
        update: { [id]: { undoStatus: 'canceled' } },
        onSuccessUpdateEmail: { [id]: { mailboxIds: { [drafts]: true }, 'keywords/$draft': true } },
      },
    ])
    expect(set[1].updated).toEqual({ [id]: null })
    expect(implied).toMatchObject(['Email/set', { updated: { [emailId]: null } }, 'c0'])
  })

  it('a destroy counts', async () => {
    const world = new World()
    const { emailId, created } = await submit(world)
    const { id } = created.k
    const [, implied] = await world.request(['EmailSubmission/set', { destroy: [id], onSuccessDestroyEmail: [id] }])
    expect(implied[1].destroyed).toEqual([emailId])
  })

  it('one Email/set does it all, whatever was created, and nothing for what failed', async () => {
    const world = new World()
    const identityId = await identityOf(world)
    const ids = ['a', 'b', 'c'].map((name) => world.deliver(letter.replace('<l1@', `<${name}@`), { role: 'drafts' }))
    const responses = await world.request([
      'EmailSubmission/set',
      {
        create: Object.fromEntries(['a', 'b'].map((k, n) => [k, { identityId, emailId: ids[n] }])),
        update: { S999: { undoStatus: 'canceled' } },
        onSuccessUpdateEmail: { '#a': { 'keywords/$answered': true }, S999: { 'keywords/$answered': true } },
        onSuccessDestroyEmail: ['#b', '#zz'],
      },
    ])
    expect(responses.map(([name, , id]: Answer) => [name, id])).toEqual([
      ['EmailSubmission/set', 'c0'],
      ['Email/set', 'c0'],
    ])
    expect(responses[1][1]).toMatchObject({
      updated: { [ids[0] as string]: null },
      destroyed: [ids[1]],
      notUpdated: null,
    })
  })

  it('what the Email/set refuses does not undo the submission', async () => {
    const world = new World()
    const { created, implied, emailId } = await submit(
      world,
      letter,
      {},
      { onSuccessUpdateEmail: { '#k': { 'mailboxIds/B999': true } } },
    )
    expect(created.k).toHaveProperty('id')
    expect(implied[1].notUpdated[emailId].type).toBe('invalidProperties')
  })

  it.each([
    { onSuccessUpdateEmail: [] },
    { onSuccessUpdateEmail: { '#k': 1 } },
    { onSuccessDestroyEmail: '#k' },
    { onSuccessDestroyEmail: [1] },
  ])('invalidArguments for %j, and nothing is sent', async (args) => {
    const world = new World()
    const emailId = world.deliver(letter)
    const create = { k: { emailId, identityId: await identityOf(world) } }
    expect((await world.refusal('EmailSubmission/set', { create, ...args })).type).toBe('invalidArguments')
    expect(world.sent).toEqual([])
  })

  it('the example of §7.5.1: too many recipients', async () => {
    const world = new World({ maxRecipients: 10 })
    const { state } = await world.call('EmailSubmission/get', { ids: [] })
    const all = Array.from({ length: 11 }, (_, n) => `r${n}@example.com`)
    const answer = await submit(world, letter, { envelope: to(...all) })
    expect(answer.notCreated).toEqual({ k: { type: 'tooManyRecipients', maxRecipients: 10 } })
    expect(Number(answer.newState)).toBeGreaterThanOrEqual(Number(state))
  })
})

describe('EmailSubmission/query, condition by condition (RFC 8621 §7.3)', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['identityIds', { identityIds: ['I1ST', 'I999'] }, 'ab'],
    ['identityIds of nothing', { identityIds: [] }, ''],
    ['emailIds', { emailIds: ['MB'] }, 'b'],
    ['threadIds', { threadIds: ['TA'] }, 'a'],
    ['undoStatus', { undoStatus: 'pending' }, 'b'],
    ['undoStatus final', { undoStatus: 'final' }, 'a'],
    ['before, which is exclusive', { before: '2026-11-23T12:10:00Z' }, 'a'],
    ['after, which is inclusive', { after: '2026-11-23T12:10:00Z' }, 'b'],
    ['several conditions', { undoStatus: 'final', after: '2026-11-23T12:10:00Z' }, ''],
    ['no condition', {}, 'ab'],
    ['operators', { operator: 'NOT', conditions: [{ undoStatus: 'final' }] }, 'b'],
  ])('%s', async (_, filter, names) => {
    const world = new World()
    const a = await submit(world, letter, { envelope: to('x@x.example') })
    const mailFrom = { email: 'alice@facteur.test', parameters: { HOLDFOR: '600' } }
    const b = await submit(world, letter.replace('Hello', 'Other').replace('<l1@', '<l2@'), {
      envelope: { ...to('x@x.example'), mailFrom },
    })
    const text = JSON.stringify(filter)
      .replace('I1ST', await identityOf(world))
      .replace('MB', b.emailId)
      .replace('TA', a.created.k.threadId)
    const ids: Record<string, string> = { a: a.created.k.id, b: b.created.k.id }
    for (const property of ['sentAt', 'emailId', 'threadId']) {
      for (const isAscending of [true, false]) {
        const order = isAscending ? names.split('') : names.split('').toReversed()
        const answer = await world.call('EmailSubmission/query', {
          filter: JSON.parse(text),
          sort: [{ property, isAscending }],
        })
        expect(answer.ids).toEqual(order.map((name) => ids[name]))
      }
    }
  })
})
