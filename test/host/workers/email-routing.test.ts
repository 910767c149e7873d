import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../../src/worker.ts'
import { basic, bindings, furnish, message, subjects } from './house.ts'
import { dohAnswer } from './outside.ts'

let ids: Record<string, string>

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice'])
})

/** A DNS with one domain in it, which asks to refuse what is forged. */
async function dns(input: string | URL | Request): Promise<Response> {
  return dohAnswer(new Request(input).url, (name, type) => {
    return name === '_dmarc.careful.test' ? (type === 'TXT' ? ['v=DMARC1; p=reject'] : []) : undefined
  })
}

beforeEach(() => {
  vi.stubGlobal('fetch', dns)
})

afterEach(() => {
  vi.unstubAllGlobals()
})

interface Routed {
  readonly rejected: string | undefined
}

/** What Email Routing hands to the handler, and what the handler did. */
async function route(to: string, raw: Uint8Array, options: { from?: string; rawSize?: number } = {}): Promise<Routed> {
  let rejected: string | undefined
  const event = {
    from: options.from ?? 'eve@outside.test',
    to,
    headers: new Headers(),
    raw: new Response(raw).body as ReadableStream<Uint8Array>,
    rawSize: options.rawSize ?? raw.length,
    setReject: (reason: string) => {
      rejected = reason
    },
  }
  const context = createExecutionContext()
  await worker.email(event as unknown as ForwardableEmailMessage, bindings, context)
  await waitOnExecutionContext(context)
  return { rejected }
}

describe('mail from Email Routing', () => {
  it('is in the mailbox when the handler returns', async () => {
    expect(await route('alice@facteur.test', message({ subject: 'Routed' }))).toEqual({ rejected: undefined })
    expect(await subjects(ids.alice as string, basic('alice@facteur.test'))).toContain('Routed')
  })

  it('is rejected for good when there is no such recipient (RFC 3463 5.1.1)', async () => {
    const { rejected } = await route('nobody@facteur.test', message({ subject: 'Lost' }))
    expect(rejected).toMatch(/^550 5\.1\.1 /)
  })

  it('is rejected for a domain that is not hosted here', async () => {
    const { rejected } = await route('x@elsewhere.test', message({ subject: 'Relay' }))
    expect(rejected).toMatch(/^550 5\.7\.1 /)
  })

  it('is rejected in a loop (RFC 5321 §6.3)', async () => {
    const hops = 'Received: from a by b; Mon, 16 Nov 2026 10:00:00 +0000\r\n'.repeat(101)
    const looped = new TextEncoder().encode(hops + 'Subject: loop\r\n\r\n')
    expect((await route('alice@facteur.test', looped)).rejected).toMatch(/5\.4\.6/)
  })

  it.each([
    ['by its declared size', 40_000_000],
    ['by its bytes, whatever was declared', 10],
  ])('is rejected when too large: %s', async (_, rawSize) => {
    const large = rawSize < 100 ? new Uint8Array(27 * 1024 * 1024).fill(0x61) : message({ subject: 'small' })
    expect((await route('alice@facteur.test', large, { rawSize })).rejected).toMatch(/^552 5\.3\.4 /)
  })

  it('is rejected for good when it is forged, as far as that is certain without the client (RFC 9989)', async () => {
    const raw = message({ from: 'boss@careful.test', subject: 'Forged' })
    expect((await route('alice@facteur.test', raw)).rejected).toMatch(/^550 5\.7\.1 .*careful\.test/)
    // SPF could have passed, and nobody here can tell.
    expect(await route('alice@facteur.test', raw, { from: 'boss@careful.test' })).toEqual({ rejected: undefined })
    expect(await subjects(ids.alice as string, basic('alice@facteur.test'))).toContain('Forged')
  })

  it('throws when it is our fault, so that the sender tries again', async () => {
    const broken = { ...bindings, DOMAIN: { getByName: () => ({ lookup: () => Promise.reject(new Error('down')) }) } }
    const raw = message({ subject: 'Later' })
    const event = {
      from: 'eve@outside.test',
      to: 'someone@unasked.test',
      raw: new Response(raw).body,
      rawSize: raw.length,
      setReject: () => expect.unreachable('a temporary failure must not be permanent'),
    }
    const handled = worker.email(
      event as unknown as ForwardableEmailMessage,
      broken as unknown as typeof bindings,
      createExecutionContext(),
    )
    await expect(handled).rejects.toThrow(/4\.3\.0/)
  })
})
