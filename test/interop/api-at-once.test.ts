/**
 * Many requests at once, on the runtime as it is: each has its own answer, and nobody else's fate.
 */
import { Agent, type ClientRequest, request as httpRequest } from 'node:http'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningFacteur, startFacteur } from './server.ts'

interface Answer {
  readonly status: number | undefined
  readonly body: { readonly id?: string; readonly recipients?: { readonly address: string; readonly status: string }[] }
}

let server: RunningFacteur
let agent: Agent

beforeAll(async () => {
  server = await startFacteur()
  agent = new Agent({ keepAlive: true, maxSockets: 50 })
})
afterAll(async () => {
  agent?.destroy()
  await server?.stop()
})

function begin(recipient: string, subject: string): { sent: ClientRequest; body: string } {
  const body = JSON.stringify({ from: 'alice@facteur.test', to: [recipient], subject, text: 'Hello' })
  const headers = { Authorization: `Bearer ${server.adminToken}`, 'Content-Length': Buffer.byteLength(body) }
  return { sent: httpRequest(`${server.url}/v1/messages`, { method: 'POST', agent, headers }), body }
}

async function send(recipient: string, subject: string): Promise<Answer> {
  const { sent, body } = begin(recipient, subject)
  return new Promise((resolve, reject) => {
    sent.once('error', reject)
    sent.once('response', (response) => {
      json(response).then((read) => resolve({ status: response.statusCode, body: read as Answer['body'] }), reject)
    })
    sent.end(body)
  })
}

/** Says all, and does not wait for the answer. */
function hangUp(recipient: string, subject: string): Promise<void> {
  const { sent, body } = begin(recipient, subject)
  sent.on('error', () => undefined)
  return new Promise((resolve) => {
    sent.once('close', () => resolve())
    sent.end(body, () => sent.destroy())
  })
}

async function subjectsAt(account: string): Promise<string[]> {
  const response = await fetch(`${server.url}/v1/accounts/${account}/messages?limit=100`, {
    headers: { Authorization: `Bearer ${server.adminToken}` },
  })
  return ((await response.json()) as { subject: string }[]).map(({ subject }) => subject)
}

function isGone(number: number): boolean {
  return number % 4 === 3
}

function to(number: number): string {
  if (number % 10 === 0) return `nobody${number}@facteur.test`
  return number % 2 === 0 ? 'bob@facteur.test' : 'alice@facteur.test'
}

describe('messages that come together', () => {
  it('have an answer each, while clients beside them hang up', async () => {
    const numbers = Array.from({ length: 120 }, (_, number) => number)
    const answers = await Promise.all(
      numbers.map(async (number) =>
        isGone(number) ? hangUp(to(number), `Message ${number}`) : send(to(number), `Message ${number}`),
      ),
    )
    const stayed = numbers.filter((number) => !isGone(number))
    const taken = stayed.filter((number) => !to(number).startsWith('nobody'))
    const heard = stayed.map((number) => answers[number] as Answer)
    expect(heard.map(({ status }) => status)).toEqual(stayed.map((number) => (taken.includes(number) ? 202 : 422)))
    expect(heard.map(({ body }) => body.recipients?.map(({ address }) => address))).toEqual(
      stayed.map((number) => [to(number)]),
    )
    expect(new Set(heard.flatMap(({ body }) => body.id ?? [])).size).toBe(taken.length)

    const there = [...(await subjectsAt('alice@facteur.test')), ...(await subjectsAt('bob@facteur.test'))]
    expect(new Set(there).size, 'nothing came twice').toBe(there.length)
    expect(taken.filter((number) => !there.includes(`Message ${number}`))).toEqual([])
  })
})
