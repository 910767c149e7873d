/** What Rspamd is asked, and what follows from its answers. */
import { describe, expect, test } from 'vitest'
import { Rspamd, type ScanFetch } from '../../src/arrival/index.ts'
import { client, fromAlice, fromOutside, VerifyingWorld } from './verifying.ts'

const raw = 'From: eve@outside.test\r\nSubject: Hi\r\n\r\nHello\r\n'

function stage(answer: unknown) {
  const asked: { path: string; headers: [string, string][]; body: string }[] = []
  const fetch: ScanFetch = async (path, headers, body) => {
    asked.push({ path, headers, body: new TextDecoder().decode(body) })
    if (answer instanceof Error) throw answer
    return typeof answer === 'string' ? answer : JSON.stringify(answer)
  }
  const world = new VerifyingWorld({ dmarc: 'report' })
  world.ports.scanner = new Rspamd(fetch)
  return { world, asked }
}

describe('the question', () => {
  test('has the message as it came, and the facts of its envelope', async () => {
    const { world, asked } = stage({ action: 'no action', score: 1, required_score: 15 })
    await world.send(raw, fromOutside, 'eve@outside.test', 'alice@facteur.test', 'bob@facteur.test')
    expect(asked).toEqual([
      {
        path: '/checkv2',
        headers: [
          ['From', 'eve@outside.test'],
          ['Rcpt', 'alice@facteur.test'],
          ['Rcpt', 'bob@facteur.test'],
          ['IP', client],
          ['Helo', 'mail.outside.test'],
          ['Queue-Id', 't1'],
        ],
        body: raw,
      },
    ])
  })

  test('holds no line ends, whatever the client said', async () => {
    const { world, asked } = stage({ action: 'no action' })
    await world.send(raw, { ...fromOutside, helo: 'x\r\nPassword: y\0' }, 'eve@outside.test')
    expect(asked[0]?.headers).toContainEqual(['Helo', 'xPassword: y'])
  })

  test('is not asked about mail of our own people, nor from trusted networks', async () => {
    const { world, asked } = stage({ action: 'reject' })
    expect(await world.send(raw.replace('eve@outside.test', 'alice@facteur.test'), fromAlice)).toMatchObject({
      code: 250,
    })
    expect(await world.send(raw, { ...fromOutside, clientAddress: '127.0.0.1' })).toMatchObject({ code: 250 })
    expect(asked).toEqual([])
  })
})

describe('the answer', () => {
  test.each([
    ['reject', { code: 550, enhanced: '5.7.1' }],
    ['soft reject', { code: 451, enhanced: '4.7.1' }],
    ['greylist', { code: 451, enhanced: '4.7.1' }],
  ])('%s: the sender is told, in Rspamd’s words', async (action, reply) => {
    const { world } = stage({ action, score: 20, required_score: 15, messages: { smtp_message: 'Go\r\n250 away' } })
    expect(await world.send(raw)).toMatchObject({ ...reply, text: 'Go250 away' })
    expect(world.mailbox('alice').messages).toEqual([])
  })

  test.each(['add header', 'rewrite subject'])('%s: the message goes to Junk', async (action) => {
    const { world } = stage({ action, score: 7.25, required_score: 15 })
    expect(await world.send(raw)).toMatchObject({ code: 250 })
    const [mail] = world.mailbox('alice').messages
    expect(mail).toMatchObject({ junk: `Rspamd: ${action} (7.3 / 15.0)` })
    expect(world.mailbox('alice').last).toContain(`X-Rspamd: ${action} (7.3 / 15.0)\r\n`)
  })

  test('no action: the message is taken, and says so', async () => {
    const { world } = stage({ action: 'no action', score: -0.5, required_score: 15 })
    await world.send(raw)
    expect(world.mailbox('alice').messages[0]?.junk).toBeUndefined()
    expect(world.mailbox('alice').last).toContain('X-Rspamd: no action (-0.5 / 15.0)\r\n')
  })

  test('what told most stands in the field, the most first, and nothing that could be a field of its own', async () => {
    const symbols = {
      SMALL: { name: 'SMALL', score: 0.01 },
      R_DKIM_ALLOW: { name: 'R_DKIM_ALLOW', score: -0.2 },
      BAYES_SPAM: { name: 'BAYES_SPAM', score: 5.13 },
      'EVIL\r\nX-Evil: yes': { score: 9 },
      SILENT: null,
      WORDS: { score: 'much' },
    }
    const { world } = stage({ action: 'no action', score: 4.9, required_score: 15, symbols })
    await world.send(raw)
    expect(world.mailbox('alice').last).toContain(
      'X-Rspamd: no action (4.9 / 15.0);\r\n BAYES_SPAM=5.1\r\n R_DKIM_ALLOW=-0.2\r\nReceived: ',
    )
  })

  test('of hundreds of symbols, twenty', async () => {
    const symbols = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`S${at}`, { score: 1 + at }]))
    const { world } = stage({ action: 'no action', score: 4.9, required_score: 15, symbols })
    await world.send(raw)
    expect(world.mailbox('alice').last.match(/^ S\d+=\d+\.0\r$/gm)).toHaveLength(20)
  })

  test.each([
    ['that does not come', new Error('the server is away')],
    ['that is no JSON', '<html>'],
    ['without an action', { score: 100 }],
    ['that is null', 'null'],
  ])('%s: the message is taken as if there were no scanner, and the operator hears of it', async (_, answer) => {
    const { world } = stage(answer)
    expect(await world.send(raw)).toMatchObject({ code: 250 })
    expect(world.mailbox('alice').last).not.toContain('X-Rspamd')
    expect(world.faults).toHaveLength(1)
  })
})
