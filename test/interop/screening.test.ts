/** Strangers at the door of the server as a user starts it: lists over a DNS on loopback, the greylist, and rates. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LineClient } from '../host/bridge/line-client.ts'
import { alice, readMailbox } from './clients.ts'
import { type DohServer, startDohServer } from './doh-server.ts'
import { facteur, removeDirectory, type RunningFacteur, startFacteur } from './server.ts'
import { anyReply, transact } from './smtp-client.ts'

/** RFC 5782 §5: the address that every list has. */
const listed = '127.0.0.2'
const onJunkList = '127.0.0.3'
const welcome = '127.0.0.4'
const newcomer = '127.9.9.9'
const code = (address: string) => [{ type: 'A' as const, address }]

let server: RunningFacteur
let doh: DohServer

beforeAll(async () => {
  doh = await startDohServer({
    '2.0.0.127.bl.test': [...code('127.0.0.2'), { type: 'TXT', text: 'see https://bl.test/127.0.0.2' }],
    '4.0.0.127.bl.test': code('127.0.0.2'),
    '3.0.0.127.soft.test': code('127.0.0.4'),
    '4.0.0.127.wl.test': code('127.0.9.3'),
    'trusting.test': [{ type: 'TXT', text: 'v=spf1 ip4:127.0.0.0/24 -all' }],
  })
  const lists = ['--dnsbl', 'bl.test,soft.test=junk', '--dnswl', 'wl.test', '--greylist', '1']
  const flags = ['--hostname', 'mail.facteur.test', '--doh', doh.url, '--trusted-networks', '10.0.0.0/8', ...lists]
  server = await startFacteur({ flags: [...flags, '--dmarc', 'off'] })
})

afterAll(async () => {
  await server?.stop()
  if (server !== undefined) removeDirectory(server.data)
  await doh?.close()
})

async function send(address: string, subject: string, from = 'someone@trusting.test'): Promise<string[]> {
  const client = await LineClient.connect(server.ports.smtp, address)
  await client.expect(anyReply)
  await client.say('EHLO client.outside.test\r\n', anyReply)
  const replies = await transact(client, { from, to: alice, subject })
  client.destroy()
  return replies
}

const found = async (subject: string, mailbox: string) =>
  (await readMailbox(server, alice, mailbox)).filter((message) => message.subject === subject).length

test('who is on a block list is refused with its name and its words, and the log says whom', async () => {
  const [, refusal] = await send(listed, 'refused')
  expect(refusal).toBe(
    `550-5.7.1 Client host [${listed}] is on a block list: bl.test\r\n550 5.7.1 see https://bl.test/127.0.0.2`,
  )
  expect(server.log()).toMatch(/"event":"recipient-refused","client":"127\.0\.0\.2","from":"someone@trusting\.test"/)
})

test('who is on a list that means Junk has its mail there', async () => {
  expect((await send(onJunkList, 'doubtful')).at(-1)).toMatch(/^250 /)
  expect(await found('doubtful', 'Junk')).toBe(1)
})

test('who is on a list of good clients is taken, though it is on a block list, and is not put off', async () => {
  expect((await send(welcome, 'well known', 'nobody@knows.test')).at(-1)).toMatch(/^250 /)
  expect(await found('well known', 'INBOX')).toBe(1)
})

test('a newcomer is put off, and taken when it comes back', async () => {
  const from = 'new@outside.test'
  expect((await send(newcomer, 'patience', from)).at(-1)).toMatch(
    /^451 4\.7\.1 Greylisted: please try again in 1 seconds/,
  )
  await expect
    .poll(async () => (await send(newcomer, 'patience', from)).at(-1), { timeout: 10_000, interval: 200 })
    .toMatch(/^250 /)
  expect(await found('patience', 'INBOX')).toBe(1)
  expect((await send('127.9.9.200', 'neighbour', 'other@outside.test')).at(-1)).toMatch(/^250 /)
})

test('answers are remembered: a second connection costs no question', async () => {
  const before = doh.questions.length
  await send(listed, 'again')
  expect(doh.questions.length).toBe(before)
})

test.each([
  ['--dnsbl', 'localhost', /--dnsbl must be lists such as/],
  ['--greylist', 'always', /--greylist must be off or a number of seconds/],
  ['--client-rates', 'mails=3', /--client-rates must be off or numbers a minute/],
])('%s %s is refused with one sentence', async (flag, value, sentence) => {
  const { code: exit, stderr } = await facteur(['start', '--data', server.data, flag, value])
  expect(exit).toBe(2)
  expect(stderr).toMatch(sentence)
})
