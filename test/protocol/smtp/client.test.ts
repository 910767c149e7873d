import { describe, expect, test } from 'vitest'
import { SmtpClient } from '../../../src/protocol/smtp/index.ts'
import { clientOptions, failure, message, outcomes, playClient, startClient } from './client-transcript.ts'
import { bytes } from './transcript.ts'

const hello = `S: 220 them.example ESMTP
               C: EHLO us.example`

describe('one message', () => {
  test('RFC 5321 appendix D.1, without extensions: one command at a time', () => {
    const run = playClient(
      `S: 220 foo.com Simple Mail Transfer Service Ready
       C: EHLO us.example
       S: 250-foo.com greets bar.com
       S: 250 HELP
       C: MAIL FROM:<Smith@bar.com>
       S: 250 OK
       C: RCPT TO:<Jones@foo.com>
       S: 250 OK
       C: RCPT TO:<Green@foo.com>
       S: 550 No such user here
       C: RCPT TO:<Brown@foo.com>
       S: 250 OK
       C: DATA
       S: 354 Start mail input; end with <CRLF>.<CRLF>
       C: Blah blah blah...
       C: ....etc. etc. etc.
       C: .
       S: 250 OK
       C: QUIT
       S: 221 foo.com Service closing transmission channel`,
      {
        messages: [
          message('Blah blah blah...\r\n...etc. etc. etc.\r\n', ['Jones@foo.com', 'Green@foo.com', 'Brown@foo.com'], {
            reversePath: 'Smith@bar.com',
          }),
        ],
      },
    )
    expect(outcomes(run)).toEqual([['delivered 2.0.0', 'bounced 5.0.0', 'delivered 2.0.0']])
    expect(run.events.map(({ type }) => type)).toEqual(['ready', 'outcome', 'ready', 'close'])
  })

  test('RFC 2920 §4: with PIPELINING in one write, and with all that the peer offers', () => {
    const run = playClient(
      `${hello}
       S: 250-them.example
       S: 250-PIPELINING
       S: 250-SIZE 10000
       S: 250-8BITMIME
       S: 250-DSN
       S: 250 ENHANCEDSTATUSCODES
       C: MAIL FROM:<a@b.example> SIZE=4 BODY=8BITMIME RET=HDRS ENVID=x+2By
       C: RCPT TO:<c@d.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;o+2B@d.example
       C: DATA
       S: 250 2.1.0 ok
       S: 250 2.1.5 ok
       S: 354 go
       C: é
       C: .
       S: 250 2.6.0 queued as 1
       C: QUIT
       S: 221 2.0.0 bye`.replace('é', '\xc3\xa9'),
      {
        messages: [
          message('\xc3\xa9\r\n', [], {
            body: '8BITMIME',
            ret: 'HDRS',
            envid: 'x+y',
            recipients: [{ address: 'c@d.example', notify: ['SUCCESS', 'DELAY'], orcpt: 'rfc822;o+@d.example' }],
          }),
        ],
      },
    )
    expect(run.events[1]).toEqual({
      type: 'outcome',
      recipients: [
        {
          recipient: 'c@d.example',
          status: 'delivered',
          enhanced: '2.6.0',
          reply: { code: 250, enhanced: '2.6.0', text: 'queued as 1' },
          diagnostic: '250 2.6.0 queued as 1',
        },
      ],
    })
  })

  test.each([
    [
      '8-bit text in quoted-printable (RFC 6152 §3)',
      'X-NOTHING',
      message('Subject: x\r\nMIME-Version: 1.0\r\n\r\ncaf\xc3\xa9 and more\r\n', undefined, { body: '8BITMIME' }),
      'quoted-printable',
      'caf=C3=A9 and more',
    ],
    [
      'binary content in base64 (RFC 3030 §3)',
      '8BITMIME',
      message('Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: image/x\r\n\r\n\0', undefined, {
        body: 'BINARYMIME',
      }),
      'base64',
      'AA==',
    ],
  ])('a peer that cannot take it as it is gets %s', (_, keyword, sent, encoding, body) => {
    const type = encoding === 'base64' ? '\n       C: Content-Type: image/x' : ''
    const run = playClient(
      `${hello}
       S: 250-them.example
       S: 250 ${keyword}
       C: MAIL FROM:<a@b.example>
       S: 250 ok
       C: RCPT TO:<c@d.example>
       S: 250 ok
       C: DATA
       S: 354 go
       C: Subject: x
       C: MIME-Version: 1.0${type}
       C: Content-Transfer-Encoding: ${encoding}
       C:
       C: ${body}
       C: .
       S: 250 ok
       C: QUIT
       S: 221 bye`,
      { messages: [sent] },
    )
    expect(outcomes(run)).toEqual([['delivered 2.0.0']])
  })

  test('HELO when EHLO is unknown (RFC 5321 §3.2)', () => {
    playClient(
      `${hello}
       S: 502 what?
       C: HELO us.example
       S: 250 them.example
       C: MAIL FROM:<a@b.example>`,
      { messages: [message('')] },
    )
  })

  test('binary content goes by BDAT (RFC 3030), after the recipients are known', () => {
    const run = playClient(
      `${hello}
       S: 250-them.example
       S: 250-PIPELINING
       S: 250-CHUNKING
       S: 250 BINARYMIME
       C: MAIL FROM:<a@b.example> BODY=BINARYMIME
       C: RCPT TO:<c@d.example>
       S: 250 ok
       S: 250 ok
       C: BDAT 4 LAST
       C: .\0
       S: 250 ok
       C: QUIT
       S: 221 bye`,
      { messages: [message('.\0\r\n', undefined, { body: 'BINARYMIME' })] },
    )
    expect(outcomes(run)).toEqual([['delivered 2.0.0']])
  })

  test('text that came as BINARYMIME needs no BDAT', () => {
    playClient(
      `${hello}
       S: 250 them.example
       C: MAIL FROM:<a@b.example>
       S: 250 ok
       C: RCPT TO:<c@d.example>
       S: 250 ok
       C: DATA
       S: 354 ok
       C: plain
       C: .`,
      { messages: [message('plain\r\n', undefined, { body: 'BINARYMIME' })] },
    )
  })

  test('SMTPUTF8 is said only when something needs it (RFC 6531 §3.4)', () => {
    const offer = `${hello}
       S: 250-them.example
       S: 250-8BITMIME
       S: 250 SMTPUTF8`
    playClient(`${offer}\nC: MAIL FROM:<a@b.example>`, { messages: [message('')] })
    playClient(`${offer}\nC: MAIL FROM:<a@b.example> SMTPUTF8`, {
      messages: [message('', undefined, { smtputf8: true })],
    })
  })
})

describe('several messages on one connection', () => {
  test('follow each other', () => {
    const one = `C: MAIL FROM:<a@b.example>
       C: RCPT TO:<c@d.example>
       C: DATA
       S: 250 ok
       S: 250 ok
       S: 354 ok
       C: x
       C: .
       S: 250 ok`
    const run = playClient(
      `${hello}
       S: 250-them.example
       S: 250 PIPELINING
       ${one}
       ${one}
       C: QUIT
       S: 221 bye`,
      { messages: [message('x'), message('x')] },
    )
    expect(outcomes(run)).toEqual([['delivered 2.0.0'], ['delivered 2.0.0']])
  })

  test('RSET cleans up after a transaction in which everybody was refused', () => {
    const run = playClient(
      `${hello}
       S: 250 them.example
       C: MAIL FROM:<a@b.example>
       S: 250 ok
       C: RCPT TO:<c@d.example>
       S: 450 4.2.1 busy
       C: RSET
       S: 250 ok
       C: MAIL FROM:<a@b.example>
       S: 451 later
       C: QUIT
       S: 221 bye`,
      { messages: [message('x'), message('x')] },
    )
    expect(outcomes(run)).toEqual([['deferred 4.2.1'], ['deferred 4.0.0']])
  })

  test('more recipients than the peer takes at once go in turns (RFC 9422, RFC 5321 §4.5.3.1.10)', () => {
    const run = playClient(
      `${hello}
       S: 250-them.example
       S: 250-PIPELINING
       S: 250 LIMITS RCPTMAX=2
       C: MAIL FROM:<a@b.example>
       C: RCPT TO:<r1@d.example>
       C: RCPT TO:<r2@d.example>
       C: DATA
       S: 250 ok
       S: 250 ok
       S: 452 4.5.3 too many
       S: 354 ok
       C: x
       C: .
       S: 250 ok
       C: MAIL FROM:<a@b.example>
       C: RCPT TO:<r2@d.example>
       C: RCPT TO:<r3@d.example>
       C: DATA
       S: 250 ok
       S: 452 too many
       S: 452 too many
       S: 554 5.5.1 no recipients
       C: RSET
       S: 250 ok
       C: QUIT
       S: 221 bye`,
      { messages: [message('x', ['r1@d.example', 'r2@d.example', 'r3@d.example'])] },
    )
    expect(outcomes(run)).toEqual([['delivered 2.0.0', 'deferred 4.5.3', 'deferred 4.5.3']])
  })
})

describe('refusals', () => {
  const pipelined = `${hello}
       S: 250-them.example
       S: 250 PIPELINING
       C: MAIL FROM:<a@b.example>
       C: RCPT TO:<c@d.example>
       C: RCPT TO:<e@d.example>
       C: DATA`
  const two = { messages: [message('x', ['c@d.example', 'e@d.example'])] }

  test('MAIL refused: everybody gets that answer', () => {
    const run = playClient(
      `${pipelined}
       S: 550 5.7.1 not you
       S: 503 5.5.1 no
       S: 503 5.5.1 no
       S: 503 5.5.1 no
       C: QUIT
       S: 221 bye`,
      two,
    )
    expect(outcomes(run)).toEqual([['bounced 5.7.1', 'bounced 5.7.1']])
  })

  test('all recipients refused but DATA accepted: a single dot (RFC 2920 §3.1)', () => {
    const run = playClient(
      `${pipelined}
       S: 250 ok
       S: 550 5.1.1 unknown
       S: 451 4.3.0 later
       S: 354 go
       C: .
       S: 554 5.5.1 no recipients
       C: QUIT
       S: 221 bye`,
      two,
    )
    expect(outcomes(run)).toEqual([['bounced 5.1.1', 'deferred 4.3.0']])
  })

  test('… and an answer of 250 to that dot delivers nothing', () => {
    const run = playClient(
      `${pipelined}
       S: 250 ok
       S: 550 5.1.1 unknown
       S: 550 5.1.1 unknown
       S: 354 go
       C: .
       S: 250 ok
       C: QUIT
       S: 221 bye`,
      two,
    )
    expect(outcomes(run)).toEqual([['bounced 5.1.1', 'bounced 5.1.1']])
  })

  test('DATA refused: the accepted ones get that answer', () => {
    const run = playClient(
      `${pipelined}
       S: 250 ok
       S: 250 ok
       S: 550 5.1.1 unknown
       S: 451 4.7.1 greylisted
       C: RSET
       S: 250 ok
       C: QUIT
       S: 221 bye`,
      two,
    )
    expect(outcomes(run)).toEqual([['deferred 4.7.1', 'bounced 5.1.1']])
  })

  test('the message refused', () => {
    const run = playClient(
      `${pipelined}
       S: 250 ok
       S: 250 ok
       S: 550 5.1.1 unknown
       S: 354 go
       C: x
       C: .
       S: 554-5.7.1 it is
       S: 554 5.7.1 spam
       C: QUIT
       S: 221 bye`,
      two,
    )
    expect(outcomes(run)).toEqual([['bounced 5.7.1', 'bounced 5.1.1']])
    const outcome = run.events.find((event) => event.type === 'outcome')
    expect(outcome?.recipients[0]?.reply).toEqual({ code: 554, enhanced: '5.7.1', text: ['it is', 'spam'] })
  })

  test('552 to RCPT: without a reason it means too many, with one it is what it says', () => {
    const run = playClient(
      `${pipelined}
       S: 250 ok
       S: 552 too many
       S: 552 5.2.2 mailbox full
       S: 554 no
       C: RSET
       S: 250 ok
       C: QUIT
       S: 221 bye`,
      two,
    )
    expect(outcomes(run)).toEqual([['deferred 4.5.3', 'bounced 5.2.2']])
  })

  test.each([
    ['554 5.7.1 go away', 'bounced', 'greeting'],
    ['521 no mail here', 'bounced', 'greeting'],
    ['450 4.3.2 busy', 'deferred', 'greeting'],
    ['421 4.3.2 busy', 'deferred', 'greeting'],
    ['hello', 'deferred', 'greeting'],
  ])('greeting %s: %s', (line, status, stage) => {
    expect(failure(playClient(`S: ${line}`))).toMatchObject({ status, stage })
  })

  test.each([
    ['554 no', 'bounced'],
    ['451 no', 'deferred'],
    ['421 no', 'deferred'],
  ])('EHLO answered by %s: %s', (line, status) => {
    expect(failure(playClient(`${hello}\nS: ${line}`))).toMatchObject({ status, stage: 'hello' })
  })
})

const offer = (...keywords: string[]) =>
  `${hello}\nS: 250${keywords.length > 0 ? '-' : ' '}them.example\n${keywords
    .map((keyword, i) => `S: 250${i < keywords.length - 1 ? '-' : ' '}${keyword}`)
    .join('\n')}\nC: QUIT\nS: 221 bye`

describe('what this peer cannot have is bounced without asking it', () => {
  test.each([
    ['an 8-bit header without 8BITMIME', [], message('Subject: \xc3\xa9\r\n\r\n'), 'bounced 5.6.3'],
    [
      'signed 8-bit content without 8BITMIME',
      [],
      message('Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\n\xc3\xa9\r\n--b--\r\n'),
      'bounced 5.6.3',
    ],
    [
      'a UTF-8 recipient without SMTPUTF8',
      ['8BITMIME'],
      message('', ['é@d.example'], { smtputf8: true }),
      'bounced 5.6.7',
    ],
    [
      'a UTF-8 recipient that the header names too',
      ['8BITMIME'],
      message('Received: for <\xc3\xa9@d.example>\r\n\r\n', ['é@d.example'], { smtputf8: true }),
      'bounced 5.6.7',
    ],
    [
      'a UTF-8 sender without SMTPUTF8',
      ['8BITMIME'],
      message('', undefined, { smtputf8: true, reversePath: 'é@b.example' }),
      'bounced 5.6.7',
    ],
    [
      'a UTF-8 header without SMTPUTF8',
      ['8BITMIME'],
      message('Subject: \xc3\xa9\r\n\r\n', undefined, { smtputf8: true }),
      'bounced 5.6.9',
    ],
    ['more than SIZE', ['SIZE 10'], message('x'.repeat(11)), 'bounced 5.3.4'],
    [
      'a recipient that would inject a command',
      [],
      message('', ['c@d.example>\r\nRCPT TO:<x@y.example']),
      'bounced 5.1.3',
    ],
    ['a recipient that would inject a parameter', [], message('', ['c@d.example> NOTIFY=NEVER']), 'bounced 5.1.3'],
    ['a recipient in brackets', [], message('', ['<c@d.example>']), 'bounced 5.1.3'],
    ['an empty recipient', [], message('', ['']), 'bounced 5.1.3'],
    [
      'a sender that would inject a command',
      [],
      message('', undefined, { reversePath: 'a@b.example>\r\nQUIT' }),
      'bounced 5.1.7',
    ],
  ])('%s', (_, keywords, sent, expected) => {
    expect(outcomes(playClient(offer(...keywords), { messages: [sent] }))).toEqual([[expected]])
  })

  test('SIZE 0 is no limit (RFC 1870 §4)', () => {
    playClient(`${hello}\nS: 250-them.example\nS: 250 SIZE 0\nC: MAIL FROM:<a@b.example> SIZE=11`, {
      messages: [message('x'.repeat(11))],
    })
  })

  test('a long address made by a forwarder (SRS) is no reason to refuse: reports must reach it', () => {
    const srs = `SRS0=${'x'.repeat(90)}@d.example`
    playClient(`${hello}\nS: 250 them.example\nC: MAIL FROM:<>\nS: 250 ok\nC: RCPT TO:<${srs}>`, {
      messages: [message('', [srs], { reversePath: '' })],
    })
  })

  test('the others are sent', () => {
    const run = playClient(
      `${hello}
       S: 250 them.example
       C: MAIL FROM:<>
       S: 250 ok
       C: RCPT TO:<postmaster>
       S: 250 ok
       C: DATA
       S: 354 ok
       C: .
       S: 250 ok
       C: QUIT
       S: 221 ok`,
      { messages: [message('', ['é@d.example', 'postmaster'], { reversePath: '' })] },
    )
    expect(outcomes(run)).toEqual([['bounced 5.6.7', 'delivered 2.0.0']])
  })
})

describe('the connection breaks', () => {
  const open = `${hello}
       S: 250-them.example
       S: 250 PIPELINING
       C: MAIL FROM:<a@b.example>
       C: RCPT TO:<c@d.example>
       C: RCPT TO:<e@d.example>
       C: DATA`
  const two = { messages: [message('x', ['c@d.example', 'e@d.example'])] }

  test('before the greeting', () => {
    expect(failure(playClient('S: (closes)'))).toMatchObject({
      status: 'deferred',
      stage: 'greeting',
      enhanced: '4.4.2',
    })
  })

  test('among the recipients: who was refused stays refused, the rest is deferred', () => {
    const run = playClient(`${open}\nS: 250 ok\nS: 550 5.1.1 unknown`, two)
    expect(run.events.some(({ type }) => type === 'outcome')).toBe(false)
    run.client.closed('reset by peer')
    run.drain()
    expect(outcomes(run)).toEqual([['bounced 5.1.1', 'deferred 4.4.2']])
    expect(run.events.at(-1)).toEqual({ type: 'close' })
  })

  test('after the final dot: unknown, hence deferred, and said so', () => {
    const run = startClient(two)
    run.client.receive(bytes('220 them\r\n'))
    run.drain()
    run.client.receive(bytes('250-them\r\n250 PIPELINING\r\n'))
    run.drain()
    run.client.receive(bytes('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n'))
    run.drain()
    expect(run.client.patience).toBe(600_000)
    run.client.closed('timeout')
    run.drain()
    expect(outcomes(run)).toEqual([['deferred 4.4.2', 'deferred 4.4.2']])
    expect(JSON.stringify(run.events)).toContain('it may have arrived')
    expect(run.events).toContainEqual({
      type: 'outcome',
      recipients: [expect.objectContaining({ inDoubt: true }), expect.objectContaining({ inDoubt: true })],
    })
  })

  test('after the reply, in the same breath: the reply counts', () => {
    const run = startClient(two)
    run.client.receive(bytes('220 them\r\n'))
    run.drain()
    run.client.receive(bytes('250-them\r\n250 PIPELINING\r\n'))
    run.drain()
    run.client.receive(bytes('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n'))
    run.drain()
    run.client.receive(bytes('250 2.0.0 kept\r\n'))
    run.client.closed('reset by peer')
    run.drain()
    expect(outcomes(run)).toEqual([['delivered 2.0.0', 'delivered 2.0.0']])
  })

  test('421 at any time defers what is open (RFC 5321 §3.8)', () => {
    const run = playClient(`${open}\nS: 250 ok\nS: 250 ok\nS: 421 4.3.2 going down`, two)
    expect(outcomes(run)).toEqual([['deferred 4.3.2', 'deferred 4.3.2']])
    expect(run.events.at(-1)).toEqual({ type: 'close' })
  })

  test('a refusal in the middle of the content counts, and ends the connection', () => {
    const run = startClient({ messages: [message('x'.repeat(1_000_000))] })
    run.client.receive(bytes('220 them\r\n'))
    run.drain()
    run.client.receive(bytes('250-them\r\n250 PIPELINING\r\n'))
    run.drain()
    run.client.receive(bytes('250 ok\r\n250 ok\r\n354 go\r\n'))
    expect(run.client.next()?.type).toBe('write')
    run.client.receive(bytes('552 5.3.4 enough\r\n'))
    run.drain()
    expect(outcomes(run)).toEqual([['bounced 5.3.4']])
    expect(run.output.length).toBeLessThan(100_000)
    expect(run.events.at(-1)).toEqual({ type: 'close' })
  })

  test('while idle', () => {
    const client = new SmtpClient(clientOptions)
    client.receive(bytes('220 them\r\n'))
    client.next()
    client.receive(bytes('250 them\r\n'))
    expect(client.next()?.type).toBe('ready')
    client.receive(bytes('421 4.4.2 idle too long\r\n'))
    expect(client.next()).toMatchObject({ type: 'failed', failure: { stage: 'ready', status: 'deferred' } })
    expect(client.next()).toEqual({ type: 'close' })
    expect(() => client.send(message('x'))).toThrow('not ready')
  })
})
