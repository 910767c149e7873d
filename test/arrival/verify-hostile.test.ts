/** Whatever strangers say, in SMTP, in the message or in the DNS, stays inside the words that quote it. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAuthenticationResults, parseHeader } from '../../src/format/index.ts'
import { client, fromOutside, letterFrom, VerifyingWorld } from './verifying.ts'

const nasty = fc.string({
  unit: fc.constantFrom(
    ...'ab.-@;:="\\\'()<>[]/,%{}é\r\n\t \0'.split(''),
    'dmarc=pass',
    'example.com',
    '\r\nBcc: x\r\n',
    '+all',
    '; ',
  ),
  maxLength: 40,
})
const methods = ['iprev', 'spf', 'dkim', 'arc', 'dmarc']

test('the field stays one field, that can be read, and says nothing that we did not find', async () => {
  await fc.assert(
    fc.asyncProperty(nasty, nasty, nasty, nasty, nasty, async (helo, reversePath, spf, tag, from) => {
      const world = new VerifyingWorld().publish('example.com', `p=reject; ${spf}`, `v=spf1 ${spf} -all exp=${tag}`)
      world.dns.set(`7.2.0.192.in-addr.arpa`, { PTR: [helo, 'mail.example.com'] })
      world.dns.set('mail.example.com', { A: ['192.0.2.66'] })
      const fields =
        `DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=${tag}; i=${reversePath}; h=from; bh=YQ==; b=YQ==\r\n` +
        `ARC-Seal: i=1; a=rsa-sha256; cv=none; d=${tag}; s=k; b=YQ==\r\nAuthentication-Results: ${helo}\r\n`
      const raw = letterFrom('example.com', fields.replace(/[\r\n]+(?=Bcc)/g, '')).replace('boss@', `${from}, boss@`)
      const before = parseHeader(new TextEncoder().encode(raw)).header.all('authentication-results')
      const reply = await world.send(raw, { ...fromOutside, helo }, reversePath)
      expect([250, 550]).toContain(reply.code)
      if (reply.code !== 250) {
        expect(reply.enhanced).toBe('5.7.1')
        return
      }
      const { header } = parseHeader(new TextEncoder().encode(world.mailbox('alice').last))
      expect(header.fields.slice(2, 4).map(({ name }) => name)).toEqual(['Authentication-Results', 'Received'])
      expect(header.all('authentication-results').length).toBeLessThanOrEqual(before.length + 1)
      const read = parseAuthenticationResults(header.first('authentication-results') ?? '')
      expect(read?.authservId).toBe('mx.facteur.test')
      expect(read?.results.every(({ method, result }) => methods.includes(method) && /^[a-z]+$/.test(result))).toBe(
        true,
      )
      expect(read?.results.filter(({ method }) => method === 'dmarc')).toHaveLength(1)
      expect(read?.results.some(({ method, result }) => method === 'dmarc' && result === 'pass')).toBe(false)
    }),
    { numRuns: 150 },
  )
})

describe('a From that hides its author from us does not reach the inbox', () => {
  const many = Array.from({ length: 5 }, (_, n) => `x@d${n}.test`).join(', ')
  test.each([
    ['another author without a domain', 'From: boss@example.com, nobody\r\n', 550],
    ['an author without a domain first', 'From: nobody, boss@example.com\r\n', 550],
    ['many other authors', `From: boss@example.com, ${many}\r\n`, 'From has too many domains'],
    ['a second field', 'From: x@plain.test\r\nFrom: boss@example.com\r\n', 550],
    ['a space before the colon', 'From : boss@example.com\r\n', 550],
    ['another case', 'fROM:\r\n\tboss@EXAMPLE.com.\r\n', 550],
    ['a comment in it', 'From: boss@(really)example.com\r\n', 550],
    ['a route', 'From: <@a.test,@b.test:boss@example.com>\r\n', 550],
    ['a group', 'From: Us: boss@example.com;\r\n', 550],
    ['the address as its name', 'From: "boss@example.com" <boss@example.com>\r\n', 550],
    ['no field at all', 'Subject: x\r\n', 'From has no address with a domain'],
    ['no address in it', 'From: The boss\r\n', 'From has no address with a domain'],
    ['no domain that there could be', 'From: boss@example..com\r\n', 'From has no address with a domain'],
  ])('%s', async (_, from, outcome) => {
    const world = new VerifyingWorld().publish('example.com', 'p=reject', 'v=spf1 -all')
    const { code } = await world.send(`${from}To: alice@facteur.test\r\n\r\nHello\r\n`)
    expect(code === 250 ? world.mailbox('alice').messages[0]?.junk : code).toBe(outcome)
    if (code === 250) expect(world.mailbox('alice').last).toContain('policy.dmarc=quarantine')
  })

  test('but where policies are only reported', async () => {
    const world = new VerifyingWorld({ dmarc: 'report' })
    await world.send('Subject: x\r\n\r\nHello\r\n')
    expect(world.mailbox('alice').messages[0]?.junk).toBeUndefined()
  })
})

describe('a message cannot make us ask without end', () => {
  test('ten signatures, four authors, ten terms of SPF: a bounded number of questions', async () => {
    const world = new VerifyingWorld()
    const includes = Array.from({ length: 20 }, (_, n) => `include:i${n}.example.com`).join(' ')
    world.publish('example.com', 'p=reject', `v=spf1 ${includes} -all`)
    for (let n = 0; n < 20; n++) world.dns.set(`i${n}.example.com`, { TXT: [`v=spf1 a:${'x.'.repeat(9)}y${n} -all`] })
    const labels = 'a.b.c.d.e.f.g.h.i.j.k.l'
    const authors = Array.from({ length: 50 }, (_, n) => `x@${labels}.d${n}.test`).join(', ')
    const signatures = Array.from(
      { length: 200 },
      (_, n) => `DKIM-Signature: v=1; a=rsa-sha256; d=d${n}.test; s=s; h=from; bh=YQ==; b=YQ==\r\n`,
    ).join('')
    await world.send(`${signatures}From: ${authors}\r\n\r\nHello\r\n`, fromOutside, 'boss@example.com')
    // 10 keys, 11 and 10 of SPF, 1 of iprev, eight of each author's walk.
    expect(world.dns.asked.length).toBeLessThanOrEqual(10 + 21 + 1 + 4 * 8)
    expect(world.judgement.dkim).toHaveLength(10)
  })

  test('a client without an address of the Internet is no reason to fail', async () => {
    const world = new VerifyingWorld().publish('example.com', 'p=none')
    const reply = await world.send(letterFrom('example.com'), { ...fromOutside, clientAddress: 'unknown' })
    expect([reply.code, world.judgement.iprev?.status, world.judgement.spf?.status]).toEqual([250, 'permerror', 'none'])
    expect(world.dns.asked).not.toContain(client)
  })
})
