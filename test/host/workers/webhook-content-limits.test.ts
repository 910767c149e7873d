/** How much is taken apart at once for those who follow links, and what becomes of the rest. */
import { describe, expect, test } from 'vitest'
import type { House, LinkedMessages } from '../../../src/host/http/index.ts'
import { webhookContentRoutes } from '../../../src/host/http/webhook-content.ts'
import { signedPath } from '../../../src/webhooks/index.ts'

const mib = 1024 * 1024
const place = 'orders.facteur.test.webhook.invalid'
const secret = 'of the domain'
const now = Date.UTC(2026, 10, 23)
const letter = new TextEncoder().encode('Subject: Hello\r\n\r\nHello.\r\n')

const path = (entry: string, part: string) =>
  signedPath({ place, entry, part }, now / 1_000 + 60, secret, crypto.subtle)

/** Messages of `size`, each of which comes when `release` is called. */
function stage(size: number) {
  const waiting: (() => void)[] = []
  const linked: LinkedMessages = {
    secretOf: async () => secret,
    sizeOf: async () => size,
    async octets() {
      await new Promise<void>((resolve) => waiting.push(resolve))
      return letter
    },
  }
  const app = webhookContentRoutes({ linked, now: () => now, log: () => undefined } as unknown as House)
  return {
    get: async (entry: string, part = 'text') => app.request(await path(entry, part)),
    release: () => waiting.splice(0).forEach((go) => go()),
    arrived: async (count: number) => expect.poll(() => waiting.length, { interval: 1 }).toBe(count),
  }
}

describe('messages that are taken apart at once', () => {
  test('have 40 MiB together; who comes then is told when to come again (RFC 9110 §15.6.4)', async () => {
    const here = stage(25 * mib)
    const first = here.get('a')
    await here.arrived(1)
    const second = await here.get('b')
    expect([second.status, second.headers.get('Retry-After')]).toEqual([503, '5'])
    expect(second.headers.get('Cache-Control')).toBe('no-store')
    here.release()
    expect(await (await first).text()).toMatch(/^Hello\.\s*$/)
    const again = here.get('b')
    await here.arrived(1)
    here.release()
    expect((await again).status).toBe(200)
  })

  test('do not keep each other waiting when they are small', async () => {
    const here = stage(10 * mib)
    const all = ['a', 'b', 'c', 'd'].map((entry) => here.get(entry))
    await here.arrived(4)
    expect((await here.get('e')).status).toBe(503)
    here.release()
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual([200, 200, 200, 200])
  })

  test('one goes however large it is', async () => {
    const here = stage(100 * mib)
    const only = here.get('a')
    await here.arrived(1)
    here.release()
    expect((await only).status).toBe(200)
  })

  test('leave those alone who fetch a message as it is', async () => {
    const here = stage(25 * mib)
    const part = here.get('a')
    await here.arrived(1)
    const whole = here.get('b', 'raw')
    await here.arrived(2)
    here.release()
    expect([(await part).status, (await whole).status]).toEqual([200, 200])
  })
})
