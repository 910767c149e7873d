import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkRecipient, type Origin } from '../../src/arrival/index.ts'
import { countReceived, parseHeader } from '../../src/format/index.ts'
import { MemoryWorld } from '../../src/host/memory/world.ts'
import type { Envelope, Recipient } from '../../src/protocol/smtp/index.ts'
import type { Actions, Rule } from '../../src/routing/index.ts'

const minute = 60_000
const bytes = (text: string) => new TextEncoder().encode(text)
const letter = 'From: eve@outside.test\r\nTo: info@facteur.test\r\nSubject: Invoice 7\r\n\r\nHello\r\n'
const fromOutside: Origin = { kind: 'smtp', clientAddress: '192.0.2.7', protocol: 'ESMTP', transactionId: 't1' }

function stage(...rules: Rule[]): MemoryWorld {
  const world = new MemoryWorld()
  world.host('facteur.test', 'alice', 'bob', 'archive').setRules(rules, world.clock.now())
  world.dns.set('outside.test', { A: ['192.0.2.7'] }).set('elsewhere.test', { A: ['192.0.2.8'] })
  return world
}

const always = (actions: Actions): Rule => ({ name: 'always', do: actions })
const forInfo = (actions: Actions): Rule => ({ name: 'info', when: { recipient: 'info' }, do: actions })

async function send(
  world: MemoryWorld,
  recipients: (string | Recipient)[] = ['alice@facteur.test'],
  rest: Partial<Envelope> = {},
  origin = fromOutside,
  raw = letter,
) {
  const list = recipients.map((recipient) => (typeof recipient === 'string' ? { address: recipient } : recipient))
  const envelope: Envelope = {
    reversePath: 'eve@outside.test',
    smtputf8: false,
    body: '7BIT',
    recipients: list,
    ...rest,
  }
  return world.accept({ envelope, raw: bytes(raw), origin })
}

const counts = (world: MemoryWorld) => ['alice', 'bob', 'archive'].map((name) => world.mailbox(name).messages.length)
const atRcpt = (world: MemoryWorld, recipient: string, reversePath = 'eve@outside.test') =>
  checkRecipient({ recipient, reversePath, origin: fromOutside }, world.ports)
const sentTo = (world: MemoryWorld) =>
  world.dialer.sent.flatMap(({ request }) => request.envelope.recipients.map(({ address }) => address))

describe('redirect', () => {
  test('sends mail elsewhere in the house, for an address that nobody has too', async () => {
    const world = stage(forInfo({ redirect: ['alice@facteur.test', 'bob@facteur.test'] }))
    expect(await atRcpt(world, 'info@facteur.test')).toMatchObject({ code: 250 })
    expect(await atRcpt(world, 'nobody@facteur.test')).toMatchObject({ code: 550 })
    expect(await send(world, ['info@facteur.test'])).toMatchObject({ code: 250 })
    expect(counts(world)).toEqual([1, 1, 0])
    expect(world.mailbox('bob').last).toContain('Delivered-To: bob@facteur.test\r\nDelivered-To: info@facteur.test\r\n')
  })

  test('sends mail out of the house, with what makes a loop known (RFC 9228)', async () => {
    const world = stage(forInfo({ redirect: ['x@elsewhere.test'] }))
    await send(world, ['info+shop@facteur.test'])
    await world.runUntil(world.clock.now() + minute)
    expect(sentTo(world)).toEqual(['x@elsewhere.test'])
    expect(new TextDecoder().decode(world.dialer.sent[0]?.raw)).toContain('Delivered-To: info+shop@facteur.test\r\n')
    expect(world.dialer.sent[0]?.request.envelope.recipients[0]?.orcpt).toBe('rfc822;info+shop@facteur.test')
  })

  test('keeps mail too where its own address is among the targets', async () => {
    const world = stage(always({ redirect: ['ALICE@facteur.test', 'bob@facteur.test'] }))
    await send(world)
    expect(counts(world)).toEqual([1, 1, 0])
  })

  test('in a circle ends, and the sender is told (RFC 5321 §6.3)', async () => {
    const world = stage(
      { name: 'a', when: { recipient: 'a' }, do: { redirect: ['b@facteur.test'] } },
      { name: 'b', when: { recipient: 'b' }, do: { redirect: ['a@facteur.test'] } },
    )
    expect(await send(world, ['a@facteur.test'])).toMatchObject({ code: 550, enhanced: '5.4.6' })
  })
})

describe('reject', () => {
  test('is said at RCPT where the envelope tells enough, and after the message where it does not', async () => {
    const early = stage({ name: 'no', when: { sender: '*@outside.test' }, do: { reject: { text: 'Not from you' } } })
    const refusal = { code: 550, enhanced: '5.7.1', text: 'Not from you' }
    expect(await atRcpt(early, 'alice@facteur.test')).toEqual(refusal)
    expect(await send(early)).toEqual(refusal)
    const late = stage({
      name: 'no',
      when: { header: { name: 'Subject', value: 'invoice*' } },
      do: { reject: { code: 451, text: 'Later' } },
    })
    expect(await atRcpt(late, 'alice@facteur.test')).toMatchObject({ code: 250 })
    expect(await send(late)).toEqual({ code: 451, enhanced: '4.7.1', text: 'Later' })
    expect(counts(late)).toEqual([0, 0, 0])
  })

  test('for one of several recipients is a report to the sender, and no business of the others', async () => {
    const world = stage({ name: 'no', when: { recipient: 'bob' }, do: { reject: { text: 'No' } } })
    expect(await send(world, ['alice@facteur.test', 'bob@facteur.test'])).toMatchObject({ code: 250 })
    await world.runUntil(world.clock.now() + minute)
    expect(counts(world)).toEqual([1, 0, 0])
    expect(sentTo(world)).toEqual(['eve@outside.test'])
  })
})

describe('discard', () => {
  test('takes the message and keeps nothing, and no success is told (RFC 3461 §4.1)', async () => {
    const world = stage(always({ discard: true }))
    const recipient: Recipient = { address: 'alice@facteur.test', notify: ['SUCCESS', 'FAILURE'] }
    expect(await send(world, [recipient])).toMatchObject({ code: 250 })
    await world.runUntil(world.clock.now() + minute)
    expect([counts(world), sentTo(world)]).toEqual([[0, 0, 0], []])
  })

  test('for one recipient leaves the others theirs', async () => {
    const world = stage({ name: 'drop', when: { recipient: 'alice' }, do: { discard: true } })
    await send(world, ['alice@facteur.test', 'bob@facteur.test'])
    expect(counts(world)).toEqual([0, 1, 0])
  })
})

describe('tag and file', () => {
  test('are done in the mailbox where the message ends', async () => {
    const world = stage(
      { name: 'tag', do: { tag: ['$label1'] } },
      forInfo({ redirect: ['alice@facteur.test'], tag: ['invoice'], file: 'Invoices/2026' }),
    )
    await send(world, ['info@facteur.test'])
    expect(world.mailbox('alice').messages[0]).toMatchObject({
      keywords: ['$label1', 'invoice'],
      mailbox: 'Invoices/2026',
    })
  })

  test('are not forgotten while the mailbox takes nothing', async () => {
    const world = stage(always({ tag: ['invoice'], file: 'Invoices' }))
    world.mailbox('bob').refusal = new Error('down')
    await send(world, ['alice@facteur.test', 'bob@facteur.test'])
    world.mailbox('bob').refusal = undefined
    world.domain('facteur.test').setRules([], world.clock.now())
    await world.runUntil(world.clock.now() + 10 * minute)
    expect(world.mailbox('bob').messages).toMatchObject([{ keywords: ['invoice'], mailbox: 'Invoices' }])
  })
})

describe('copy', () => {
  test('goes to the archive, and the sender hears nothing of it', async () => {
    const world = stage({
      name: 'keep',
      when: { not: { recipient: 'archive' } },
      do: { copy: ['archive@facteur.test'] },
    })
    const recipient: Recipient = { address: 'alice@facteur.test', notify: ['SUCCESS', 'FAILURE'] }
    world.mailbox('archive').refusal = { status: 'bounced', reply: { code: 552, enhanced: '5.2.2', text: 'Full' } }
    await send(world, [recipient])
    await world.runUntil(world.clock.now() + minute)
    expect(counts(world)).toEqual([1, 0, 0])
    const reports = world.dialer.sent.map(({ raw }) => new TextDecoder().decode(raw))
    expect(reports).toHaveLength(1)
    expect(reports[0]).toContain('Action: delivered')
    expect(reports[0]).not.toContain('archive')
  })

  test('is made once, however often the mailbox is tried', async () => {
    const world = stage({ name: 'keep', when: { recipient: 'alice' }, do: { copy: ['archive@facteur.test'] } })
    world.mailbox('alice').refusal = new Error('down')
    await send(world)
    await world.runUntil(world.clock.now() + 30 * minute)
    world.mailbox('alice').refusal = undefined
    await world.runUntil(world.clock.now() + 60 * minute)
    expect(counts(world)).toEqual([1, 0, 1])
  })

  test('is none for an address that nobody has, and one for several recipients', async () => {
    const world = stage(always({ copy: ['archive@facteur.test'] }))
    expect(await send(world, ['nobody@facteur.test'])).toMatchObject({ code: 550, enhanced: '5.1.1' })
    await send(world, ['alice@facteur.test', 'bob@facteur.test'])
    expect(counts(world)).toEqual([1, 1, 1])
  })

  test('to somebody who is meant anyway is no second message', async () => {
    const world = stage({ name: 'keep', when: { recipient: 'alice' }, do: { copy: ['bob@facteur.test'] } })
    await send(world, ['alice@facteur.test', 'bob@facteur.test'])
    expect(counts(world)).toEqual([1, 1, 0])
  })

  test('that cannot be made is told to the operator', async () => {
    const world = stage(always({ copy: ['gone@facteur.test'] }))
    expect(await send(world)).toMatchObject({ code: 250 })
    await world.runUntil(world.clock.now() + minute)
    expect([counts(world), sentTo(world)]).toEqual([[1, 0, 0], []])
    expect(String(world.faults[0])).toContain('gone@facteur.test')
  })
})

describe('relay', () => {
  const away = always({ relay: ['smtp://inside.test:2525', 'mx'] })

  test('hands the mail of a hosted domain to another server, for strangers too, as it is', async () => {
    const world = stage(away)
    expect(await atRcpt(world, 'anybody@facteur.test')).toMatchObject({ code: 250 })
    expect(await send(world, ['anybody@facteur.test', 'alice@facteur.test'])).toMatchObject({ code: 250 })
    await world.runUntil(world.clock.now() + minute)
    expect(counts(world)).toEqual([0, 0, 0])
    expect(world.dialer.sent.map(({ request }) => request.targets[0])).toMatchObject([
      { host: 'inside.test', port: 2525 },
    ])
    expect(sentTo(world)).toEqual(['anybody@facteur.test', 'alice@facteur.test'])
    expect(new TextDecoder().decode(world.dialer.sent[0]?.raw)).not.toContain('Delivered-To')
  })

  test('takes the next way when one fails, by the MX records too, where we stand behind the others (RFC 5321 §5.1)', async () => {
    const world = stage(away)
    world.dns.set('facteur.test', {
      MX: [
        { preference: 10, exchange: 'main.facteur.test' },
        { preference: 20, exchange: 'mx.facteur.test' },
      ],
    })
    world.dns.set('main.facteur.test', { A: ['192.0.2.25'] })
    world.dialer.answer = (_, { targets }) =>
      targets[0]?.host === 'inside.test'
        ? { status: 'deferred', enhanced: '4.4.1', diagnostic: 'No connection', site: true }
        : { status: 'delivered' }
    await send(world, ['anybody@facteur.test'])
    await world.runUntil(world.clock.now() + minute)
    expect(world.dialer.sent.map(({ request }) => request.targets.map(({ host }) => host))).toEqual([
      ['inside.test'],
      ['main.facteur.test'],
    ])
  })

  test('lets nobody relay to other domains (RFC 5321 §7.9)', async () => {
    const world = stage(away)
    expect(await atRcpt(world, 'x@elsewhere.test')).toMatchObject({ code: 550, enhanced: '5.7.1' })
    expect(await send(world, ['x@elsewhere.test'])).toMatchObject({ code: 550 })
  })
})

function judged(world: MemoryWorld, result: 'pass' | 'fail'): MemoryWorld {
  const judgement = { transactionId: 't1', disposition: 'none', results: [{ method: 'dmarc', result, properties: [] }] }
  world.ports.verifier = {
    authservId: 'mx.facteur.test',
    trusts: () => false,
    judge: async () => ({ judgement }) as never,
  }
  return world
}

describe('by the door that a message came by', () => {
  const sources = ['smtp', 'email-routing', 'submission', 'internal'] as const
  const rules = sources.map((source): Rule => ({ name: source, when: { source: [source] }, do: { tag: [source] } }))
  const person = { accountId: 'alice', transactionId: 't1' }

  test.each<[string, Origin, string, string]>([
    ['another server', fromOutside, 'eve@outside.test', 'smtp'],
    ['Email Routing', { kind: 'email-routing', transactionId: 't1' }, 'eve@outside.test', 'email-routing'],
    ['a mail app', { kind: 'submission', ...person }, 'alice@facteur.test', 'submission'],
    ['JMAP and the HTTP API', { kind: 'jmap', ...person }, 'alice@facteur.test', 'submission'],
    ['ourselves, as a report', { kind: 'internal', transactionId: 't1' }, '', 'internal'],
    ['a list here', { kind: 'list', transactionId: 't1' }, 'team-bounces@facteur.test', 'internal'],
  ])('%s: one rule fits', async (_, origin, reversePath, source) => {
    const world = stage(...rules)
    const raw = letter.replace('eve@outside.test', reversePath === '' ? 'mx@facteur.test' : reversePath)
    expect(await send(world, ['bob@facteur.test'], { reversePath }, origin, raw)).toMatchObject({ code: 250 })
    expect(world.mailbox('bob').messages).toMatchObject([{ keywords: [source] }])
  })
})

describe('by what is found out on arrival', () => {
  const rule: Rule = {
    name: 'dmarc',
    when: { authentication: { dmarc: ['fail'] } },
    do: { redirect: ['bob@facteur.test'] },
  }

  test('a message goes its way, though RCPT could not tell', async () => {
    const forged = judged(stage(rule), 'fail')
    expect(await atRcpt(forged, 'alice@facteur.test')).toMatchObject({ code: 250 })
    await send(forged)
    expect(counts(forged)).toEqual([0, 1, 0])
    const honest = judged(stage(rule), 'pass')
    await send(honest)
    expect(counts(honest)).toEqual([1, 0, 0])
  })

  test('what nobody verifies has the result none', async () => {
    const world = stage({ name: 'none', when: { authentication: { dmarc: ['none'] } }, do: { discard: true } })
    await send(world)
    expect(counts(world)).toEqual([0, 0, 0])
  })
})

test('a message that is held for later meets the rules of its time (RFC 4865)', async () => {
  const world = stage()
  const alice: Origin = { kind: 'submission', accountId: 'alice', protocol: 'ESMTPSA', transactionId: 't2' }
  const later = letter.replace('eve@outside.test', 'alice@facteur.test')
  await send(world, ['bob@facteur.test'], { hold: { seconds: 3_600 } }, alice, later)
  const keep: Rule = { name: 'keep', when: { recipient: 'bob' }, do: { copy: ['archive@facteur.test'] } }
  world.domain('facteur.test').setRules([keep], world.clock.now())
  world.mailbox('bob').refusal = new Error('down')
  await world.runUntil(world.clock.now() + 70 * minute)
  world.mailbox('bob').refusal = undefined
  await world.runUntil(world.clock.now() + 30 * minute)
  expect(counts(world)).toEqual([0, 1, 1])
})

test('what rules do is in the trace: which fit, what is dropped, and what is copied', async () => {
  const drop: Actions = { copy: ['archive@facteur.test'], discard: true }
  const world = stage({ name: 'drop it', when: { recipient: 'alice' }, do: drop })
  const steps: object[] = []
  world.ports.trace = (events) => void steps.push(...events)
  await send(world)
  expect(steps.slice(1)).toMatchObject([
    { type: 'ruled', recipient: 'alice@facteur.test', rules: ['drop it'], dropped: true },
    { type: 'copied', recipient: 'alice@facteur.test', address: 'archive@facteur.test', status: 'delivered' },
  ])
})

describe('whatever the rules of three domains are,', () => {
  const domains = ['a.test', 'b.test', 'c.test']
  const address = fc.constantFrom(...domains.flatMap((domain) => [`x@${domain}`, `y@${domain}`, `z@${domain}`]))
  const addresses = fc.uniqueArray(address, { minLength: 1, maxLength: 4 })
  const actions = fc.oneof(
    addresses.map((redirect): Actions => ({ redirect })),
    addresses.map((copy): Actions => ({ copy })),
    fc.constantFrom<Actions>({ tag: ['t'] }, { reject: { text: 'No' } }, { discard: true }),
  )
  const when = fc.constantFrom({ recipient: 'x' }, { recipient: '?' }, { sender: '*' })
  const rules = fc.uniqueArray(fc.record({ name: fc.stringMatching(/^[a-z]{1,8}$/), when, do: actions }), {
    selector: ({ name }) => name,
    maxLength: 5,
  })

  test('a message ends: each mailbox has it once at most, and it passes here once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(rules, { minLength: 3, maxLength: 3 }), address, async (lists, recipient) => {
        const world = new MemoryWorld()
        for (const [index, domain] of domains.entries()) {
          const store = world.host(domain)
          for (const name of ['x', 'y']) store.addAccount(name, `${name}-${domain}`)
          store.setRules(lists[index] ?? [], 1)
        }
        world.dns.set('outside.test', { A: ['192.0.2.7'] })
        await send(world, [recipient])
        await world.runUntil(world.clock.now() + 60 * minute)
        for (const domain of domains) {
          for (const name of ['x', 'y']) {
            const { messages } = world.mailbox(`${name}-${domain}`)
            expect(messages.filter(({ reversePath }) => reversePath !== '').length).toBeLessThanOrEqual(1)
            for (const { raw } of messages) expect(countReceived(parseHeader(raw).header)).toBe(1)
          }
          expect(world.queue(domain).size).toBe(0)
        }
      }),
      { numRuns: 300 },
    )
  })
})
