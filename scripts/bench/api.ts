/**
 * Messages in over the HTTP API: `inFlight` requests at a time, each a message in JSON.
 */
import { Agent, request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { type IngestResult, percentile } from './smtp.ts'

export interface ApiLoad {
  readonly url: string
  readonly token: string
  readonly sender: string
  readonly recipients: readonly string[]
  readonly inFlight: number
  readonly count: number
  /** Octets of text. */
  readonly size: number
  /** Each with a key of its own. */
  readonly keys?: boolean
  /** Messages of a request; 1 when not said. */
  readonly batch?: number
}

/** The latency is from the request to its 202, which means: in the mailbox, on disk. */
export async function sendByApi(load: ApiLoad): Promise<IngestResult> {
  const { url, inFlight, count, batch = 1 } = load
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight })
  const latencies: number[] = []
  const run = performance.now().toFixed(0)
  let next = 0
  const start = performance.now()
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (next < count) {
        const index = next
        next += batch
        const before = performance.now()
        await post(new URL(batch === 1 ? '/v1/messages' : '/v1/messages/batch', url), agent, load, index, run)
        latencies.push(performance.now() - before)
      }
    }),
  )
  const seconds = (performance.now() - start) / 1000
  agent.destroy()
  latencies.sort((a, b) => a - b)
  return { perSecond: count / seconds, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) }
}

function post(url: URL, agent: Agent, load: ApiLoad, index: number, run: string): Promise<void> {
  const { token, sender, recipients, size, keys = false, batch = 1 } = load
  const message = (number: number) => ({
    from: sender,
    to: [recipients[number % recipients.length]],
    subject: `Message ${number}`,
    text: 'A line of text as people and programs write them, once more.\n'.repeat(Math.ceil(size / 61)).slice(0, size),
  })
  const messages = Array.from({ length: batch }, (_, at) => message(index + at))
  const body = JSON.stringify(batch === 1 ? messages[0] : { messages })
  const headers = {
    Authorization: `Bearer ${token}`,
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...(keys ? { 'Idempotency-Key': `${run}-${index}` } : {}),
  }
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.on('end', () => {
        if (response.statusCode === 202) resolve()
        else reject(new Error(`the API answers ${response.statusCode}`))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
