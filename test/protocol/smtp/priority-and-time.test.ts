import { describe, expect, test } from 'vitest'
import { SmtpServer } from '../../../src/protocol/smtp/index.ts'
import { message, outcomes, playClient } from './client-transcript.ts'
import { converse, submission } from './transcript.ts'

const mail = (parameters: string, hello = 'EHLO c.example') => `${hello}\r\nMAIL FROM:<a@b.example> ${parameters}\r\n`
const rest = 'RCPT TO:<c@d.example>\r\nDATA\r\nhi\r\n.\r\n'
const loggedIn = `EHLO c.example\r\nAUTH PLAIN AHVzZXIAc2VjcmV0\r\n`

function envelopeOf(input: string, ours = false) {
  const server = new SmtpServer({ ...submission, allowPlaintextAuth: true })
  return converse(input, ours ? { server } : {}).messages[0]?.envelope
}

describe('MT-PRIORITY as a server (RFC 6710)', () => {
  test('both extensions are offered', () => {
    expect(converse('EHLO c.example\r\n').output).toMatch(/^250-MT-PRIORITY\r\n250 DELIVERBY\r$/m)
  })

  test.each([
    ['4', 4],
    ['9', 9],
    ['-9', -9],
    ['0', undefined],
  ])('who has logged in may have any: %s', (value, priority) => {
    const input = `${loggedIn}MAIL FROM:<a@b.example> MT-PRIORITY=${value}\r\n${rest}`
    expect(envelopeOf(input, true)?.priority).toBe(priority)
  })

  test('a stranger may go behind others, not before them, and is told (§4.1, X.3.6)', () => {
    expect(envelopeOf(`${mail('MT-PRIORITY=-3')}${rest}`)?.priority).toBe(-3)
    expect(envelopeOf(`${mail('MT-PRIORITY=6')}${rest}`)?.priority).toBeUndefined()
    expect(converse(mail('MT-PRIORITY=6')).output).toMatch(/250 2\.3\.6 Priority is 0\r\n$/)
    expect(converse(mail('MT-PRIORITY=-3')).output).toMatch(/250 2\.1\.0 /)
  })

  test.each(['', '=', '=10', '=-0', '=+3', '=x', '=3 MT-PRIORITY=4'])('malformed: MT-PRIORITY%s', (value) => {
    expect(converse(mail(`MT-PRIORITY${value}`)).output).toMatch(/501 5\.5\.4 [^\r\n]*\r\n$/)
  })
})

describe('DELIVERBY as a server (RFC 2852 §4.1.1)', () => {
  test.each([
    ['120;R', { seconds: 120, mode: 'return', trace: false }],
    ['+60;N', { seconds: 60, mode: 'notify', trace: false }],
    ['120;rt', { seconds: 120, mode: 'return', trace: true }],
    ['0;N', { seconds: 0, mode: 'notify', trace: false }],
    ['-5;NT', { seconds: -5, mode: 'notify', trace: true }],
  ])('%s becomes part of the envelope', (value, by) => {
    expect(envelopeOf(`${mail(`BY=${value}`)}${rest}`)?.by).toEqual(by)
  })

  test.each(['120', '120;', '120;X', '0;R', '-1;R', '1234567890;N', '1.5;N', ';N', '120;NTT'])(
    'malformed: BY=%s',
    (value) => {
      expect(converse(mail(`BY=${value}`)).output).toMatch(/501 5\.5\.4 [^\r\n]*\r\n$/)
    },
  )

  test.each(['BY=120;N', 'MT-PRIORITY=-1'])('after HELO nothing was offered: %s', (parameter) => {
    expect(converse(mail(parameter, 'HELO c.example')).output).toMatch(/555 5\.5\.4 [^\r\n]*\r\n$/)
  })
})

const dialogue = (keywords: readonly string[], parameters: string) =>
  `S: 220 them
   C: EHLO us.example
   S: 250-them
   ${keywords.map((keyword, i) => `S: 250${i < keywords.length - 1 ? '-' : ' '}${keyword}`).join('\n   ')}
   C: MAIL FROM:<a@b.example>${parameters}`

const hurried = (seconds: number, mode: 'return' | 'notify') =>
  message('hi\r\n', undefined, { by: { seconds, mode, trace: mode === 'notify' } })

const tunnelled = (field: string) => `${dialogue(['X-OTHER'], '')}
   S: 250 ok
   C: RCPT TO:<c@d.example>
   S: 250 ok
   C: DATA
   S: 354 go
   C: MT-Priority: ${field}
   C: Subject: x
   C:
   C: .
   S: 250 ok
   C: QUIT
   S: 221 bye`
const urgent = (head: string) => message(`${head}Subject: x\r\n\r\n`, undefined, { priority: 3 })

describe('as a client', () => {
  test('the priority goes on to a server that knows it', () => {
    playClient(dialogue(['MT-PRIORITY'], ' MT-PRIORITY=-4'), {
      messages: [message('hi\r\n', undefined, { priority: -4 })],
    })
  })

  test('to one that does not it goes on in the header (RFC 6758)', () => {
    playClient(tunnelled('3'), { messages: [urgent('')] })
    // As it came; it is not said twice.
    playClient(tunnelled('7'), { messages: [urgent('MT-Priority: 7\r\n')] })
  })

  test.each([
    [hurried(60, 'return'), ' BY=60;R'],
    [hurried(-7, 'notify'), ' BY=-7;NT'],
  ])('what is left of the time goes on (RFC 2852 §4.1.3)', (sent, parameters) => {
    playClient(dialogue(['DELIVERBY 30'], parameters), { messages: [sent] })
  })

  test('to a server without it a message goes all the same, unless it is to be returned', () => {
    playClient(dialogue(['X-OTHER'], ''), { messages: [hurried(60, 'notify')] })
  })

  test.each([
    ['a server without it', 'X-OTHER', 60],
    ['a server that wants more time than is left', 'DELIVERBY 120', 60],
    ['any server once the time is over', 'DELIVERBY', 0],
  ])('what is to be returned does not go to %s', (_, keyword, seconds) => {
    const run = playClient(
      `S: 220 them
       C: EHLO us.example
       S: 250-them
       S: 250 ${keyword}
       C: QUIT
       S: 221 bye`,
      { messages: [hurried(seconds, 'return')] },
    )
    expect(outcomes(run)).toEqual([['bounced 5.4.7']])
  })
})
