/**
 * A domain with no machine at all: mail comes by Email Routing, goes by Email Service or by a smarthost that the Worker
 * connects to, and is written and read over HTTP.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BareWorker, startBareWorker } from './bare-worker.ts'
import { type RemoteServer, startRemoteServer } from './remote-server.ts'

let worker: BareWorker
let relay: RemoteServer

beforeAll(async () => {
  relay = await startRemoteServer()
  worker = await startBareWorker({
    bindings: { FACTEUR_RETRY_FIRST_SECONDS: '60', FACTEUR_DMARC: 'off', FACTEUR_RELAY_TO_PRIVATE: 'yes' },
    emailService: true,
  })
  await worker.api('POST', '/domains', { name: 'facteur.test' })
  await worker.api('POST', '/accounts', { address: 'alice@facteur.test', password: 'password-of-the-tests' })
})

afterAll(async () => {
  await worker?.stop()
  await relay?.close()
})

function send(to: string, subject: string): Promise<unknown> {
  return worker.api('POST', '/messages', { from: 'alice@facteur.test', to: [to], subject, text: 'Hello.' })
}

test('mail goes out by Email Service where there is neither a bridge nor a smarthost', async () => {
  await send('friend@elsewhere.test', 'By Email Service')
  await expect.poll(() => worker.sent.length, { timeout: 10_000, interval: 20 }).toBe(1)
  const [message = ''] = worker.sent
  expect(message).toContain('Subject: By Email Service')
  expect(message).not.toMatch(/^(?:Received|DKIM-Signature|Return-Path):/im)
  await expect.poll(() => worker.api('GET', '/queues'), { timeout: 10_000, interval: 20 }).toEqual([])
})

test('mail goes by a smarthost where a route says so, and by Email Service when that is gone', async () => {
  const agents = [`smtp://127.0.0.1:${relay.port}?tls=none`, 'email-service']
  await worker.api('PUT', '/routes/relayed.test', { agents })
  await send('friend@relayed.test', 'By the smarthost')
  expect(await relay.next()).toMatchObject({ from: 'alice@facteur.test', to: ['friend@relayed.test'] })
  await worker.api('PUT', '/routes/relayed.test', { agents: ['smtp://127.0.0.1:9?tls=none', 'email-service'] })
  await send('friend@relayed.test', 'By the second way')
  await expect.poll(() => worker.sent.at(-1), { timeout: 10_000, interval: 20 }).toContain('Subject: By the second way')
})

test('what Email Routing brings meets the rules of the domain, by its door', async () => {
  await worker.api('PUT', '/domains/facteur.test/rules', {
    rules: [
      { name: 'no', when: { sender: '*@spam.test' }, do: { reject: { text: 'Not you' } } },
      { name: 'door', when: { source: ['email-routing'] }, do: { tag: ['routed'] } },
      { name: 'team', when: { recipient: 'team' }, do: { redirect: ['alice@facteur.test'] } },
    ],
  })
  const raw = 'From: a@outside.test\r\nMessage-ID: <1@outside.test>\r\nSubject: To the team\r\n\r\nHello.\r\n'
  expect(await worker.trigger('team@facteur.test', raw)).toMatchObject({ status: 200 })
  const refused = await worker.trigger('team@facteur.test', raw, 'x@spam.test')
  expect(refused.text).toContain('550 5.7.1 Not you')
  const found = (await worker.api('GET', '/traces?to=team@facteur.test')) as { id: string }[]
  const steps = await worker.api('GET', `/traces/${found.at(-1)?.id}`)
  expect(steps).toContainEqual(expect.objectContaining({ type: 'ruled', rules: ['door', 'team'] }))
  expect(steps).toContainEqual(
    expect.objectContaining({ type: 'placed', status: 'delivered', address: 'alice@facteur.test' }),
  )
})
