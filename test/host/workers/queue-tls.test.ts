import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EgressRequest } from '../../../src/delivery/index.ts'
import { attachedTlsReport, formatStsPolicy, parseTlsReport, type StsMode } from '../../../src/format/index.ts'
import { bindings, envelope, fromOutside, furnish, LinkClient, message } from './house.ts'
import { dohAnswer, egressRequest } from './outside.ts'

type Records = Record<string, unknown[]>

/** A DNS, web servers of policies, and a bridge. */
class Outside {
  readonly zone: Record<string, Records> = {}
  signed = false
  web: (url: URL) => Response | Error = () => new Response('nobody', { status: 404 })
  sessions: unknown[] | undefined
  readonly asked: string[] = []
  readonly posted: { url: string; body: Uint8Array<ArrayBuffer> }[] = []
  readonly attempts: EgressRequest[] = []
  readonly messages: string[] = []

  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    if (url.hostname === 'doh.test') return dohAnswer(url, (name, type) => this.#records(name, type), this.signed)
    if (url.hostname !== 'bridge.test') {
      this.asked.push(url.href)
      expect(request.redirect).toBe('manual')
      if (request.method === 'POST') {
        expect(request.headers.get('content-type')).toBe('application/tlsrpt+gzip')
        this.posted.push({ url: url.href, body: new Uint8Array(await request.arrayBuffer()) })
        return new Response(null, { status: 201 })
      }
      const answer = this.web(url)
      if (answer instanceof Error) throw answer
      return answer
    }
    const { request: head, raw } = await egressRequest(request)
    this.attempts.push(head)
    this.messages.push(new TextDecoder().decode(raw))
    const recipients = head.envelope.recipients.map(({ address }) => ({
      recipient: address,
      status: 'delivered',
      reply: { code: 250, text: 'taken' },
      at: Date.now(),
    }))
    const sessions = this.sessions
    return Response.json({ recipients, ...(sessions === undefined ? {} : { sessions }) })
  }

  #records(name: string, type: string): unknown[] | undefined {
    const records = this.zone[name]
    return records === undefined ? undefined : (records[type] ?? [])
  }

  /** `domain` with one MX, `mx.<domain>`. */
  host(domain: string): void {
    this.zone[domain] = { MX: [{ preference: 10, exchange: `mx.${domain}` }] }
    this.zone[`mx.${domain}`] = { A: ['203.0.113.25'] }
  }

  policy(domain: string, mode: StsMode, ...mx: string[]): void {
    this.zone[`_mta-sts.${domain}`] = { TXT: ['v=STSv1; id=1;'] }
    const text = formatStsPolicy({ mode, mx, maxAge: 86_400 })
    this.web = () => new Response(text, { headers: { 'content-type': 'text/plain' } })
  }
}

let outside: Outside
let link: LinkClient
let submission: object

beforeAll(async () => {
  const ids = await furnish('facteur.test', ['alice'])
  link = await LinkClient.open()
  submission = { ...fromOutside, kind: 'submission', protocol: 'ESMTPSA', accountId: ids.alice }
})

beforeEach(() => {
  outside = new Outside()
  vi.stubGlobal('fetch', outside.fetch)
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const queue = (domain: string) => bindings.QUEUE.getByName(domain)

async function submit(domain: string): Promise<void> {
  const raw = message({ from: 'alice@facteur.test', to: `x@${domain}`, subject: 'Hi' })
  const reply = await link.deliver(envelope('alice@facteur.test', `x@${domain}`), raw, submission)
  expect(reply).toMatchObject({ code: 250 })
  await vi.waitFor(async () => expect((await queue(domain).list()).some(({ active }) => active)).toBe(false), {
    interval: 5,
  })
}

/** What the queue's object keeps of its destination. */
function memos(domain: string): Promise<unknown[][]> {
  const query = "SELECT key, value FROM state WHERE key LIKE 'memo%'"
  return runInDurableObject(queue(domain), (_, { storage }) => [...storage.sql.exec(query).raw()])
}

describe('MTA-STS', () => {
  it('is fetched from the policy host, kept to, and kept on disk', async () => {
    outside.host('strict.test')
    outside.policy('strict.test', 'enforce', 'mx.strict.test')
    await submit('strict.test')
    expect(outside.asked).toEqual(['https://mta-sts.strict.test/.well-known/mta-sts.txt'])
    expect(outside.attempts[0]?.targets).toMatchObject([{ host: 'mx.strict.test', tls: 'required' }])
    await submit('strict.test')
    expect(outside.asked).toHaveLength(1)
    expect(await memos('strict.test')).toEqual([
      ['memo mta-sts strict.test', expect.stringContaining('"mx":["mx.strict.test"]')],
    ])
  })

  it('holds back what no host of the policy is there for', async () => {
    outside.host('hijacked.test')
    outside.policy('hijacked.test', 'enforce', 'mx.elsewhere.test')
    await submit('hijacked.test')
    expect(outside.attempts).toEqual([])
    const [entry] = await queue('hijacked.test').list()
    expect(entry?.recipients[0]?.last).toMatchObject({ status: 'deferred', enhanced: '4.7.5' })
  })

  const plain = { 'content-type': 'text/plain' }
  const text = formatStsPolicy({ mode: 'enforce', mx: ['mx.elsewhere.test'], maxAge: 86_400 })
  it.each<[string, () => Response | Error]>([
    ['redirects (RFC 8461 §3.3)', () => new Response(null, { status: 302, headers: { location: 'https://x.test/' } })],
    ['answers 404', () => new Response('no', { status: 404, headers: plain })],
    ['answers HTML', () => new Response(text, { headers: { 'content-type': 'text/html' } })],
    ['answers more than 64 KB', () => new Response(text + 'x: y\n'.repeat(20_000), { headers: plain })],
    ['has a certificate that is not trusted', () => new Error('TLS peer certificate is not trusted')],
  ])('is no policy when its host %s: mail goes as ever', async (_, answer) => {
    const domain = `odd${Math.random().toString(36).slice(2)}.test`
    outside.host(domain)
    outside.policy(domain, 'enforce')
    outside.web = answer
    await submit(domain)
    expect(outside.attempts[0]?.targets).toMatchObject([{ tls: 'opportunistic' }])
  })
})

it('TLSA records count when the resolver says that they are authentic (RFC 7672)', async () => {
  outside.host('signed.test')
  const certificate = Buffer.alloc(32, 9)
  outside.zone['_25._tcp.mx.signed.test'] = { TLSA: [{ usage: 3, selector: 1, matchingType: 1, certificate }] }
  await submit('signed.test')
  expect(outside.attempts[0]?.targets).toMatchObject([{ tls: 'opportunistic' }])
  outside.signed = true
  outside.host('secure.test')
  outside.zone['_25._tcp.mx.secure.test'] = outside.zone['_25._tcp.mx.signed.test'] ?? {}
  await submit('secure.test')
  const records = [{ usage: 3, selector: 1, matchingType: 1, data: certificate.toString('base64') }]
  expect(outside.attempts[1]?.targets).toMatchObject([{ tls: 'dane', dane: { records } }])
})

/** A message and its sessions, and then the next day. */
async function day(domain: string, rua: string): Promise<void> {
  outside.host(domain)
  outside.host('reports.test')
  outside.zone[`_smtp._tls.${domain}`] = { TXT: [`v=TLSRPTv1; rua=${rua}`] }
  outside.sessions = [
    { host: `mx.${domain}`, address: '203.0.113.25', encrypted: true },
    { host: `mx.${domain}`, address: '203.0.113.25', encrypted: false, problem: 'starttls-not-supported' },
  ]
  await submit(domain)
  const start = Date.now()
  // First what is new is written down, then the day has passed.
  for (const later of [2 * 60_000, 30 * 3_600_000]) {
    vi.useFakeTimers({ toFake: ['Date'], now: start + later })
    expect(await runDurableObjectAlarm(queue(domain))).toBe(true)
  }
}

async function unzip(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).text()
}

describe('TLS reports (RFC 8460)', () => {
  it('go by mail the next day', async () => {
    await day('reported.test', 'mailto:tls@reports.test')
    await vi.waitFor(() => expect(outside.attempts).toHaveLength(2), { interval: 5 })
    expect(outside.attempts[1]?.envelope).toMatchObject({
      reversePath: '',
      recipients: [{ address: 'tls@reports.test', notify: ['NEVER'] }],
    })
    const attached = attachedTlsReport(new TextEncoder().encode(outside.messages[1]))
    const report = parseTlsReport(await unzip(new Uint8Array(attached?.bytes ?? [])))
    expect(report?.results).toMatchObject([
      {
        policy: { type: 'no-policy-found', domain: 'reported.test' },
        successes: 1,
        failures: [{ type: 'starttls-not-supported', mx: 'mx.reported.test', count: 1 }],
      },
    ])
  })

  it('or over HTTPS', async () => {
    await day('posted.test', 'https://reports.test/v1/tls')
    expect(outside.posted.map(({ url }) => url)).toEqual(['https://reports.test/v1/tls'])
    const [post] = outside.posted
    expect(parseTlsReport(await unzip(post?.body ?? new Uint8Array()))?.results).toHaveLength(1)
  })

  it('are one for a destination with several queues', async () => {
    outside.zone['_smtp._tls.busy.test'] = { TXT: ['v=TLSRPTv1; rua=https://reports.test/busy'] }
    const policy = { type: 'sts' as const, domain: 'busy.test', text: [], mxHosts: [] }
    const days = { [Math.floor(Date.now() / 86_400_000)]: [{ policy, successes: 1, failed: 0, failures: [] }] }
    const [first, other] = [queue('busy.test'), queue('busy.test~2')]
    await runInDurableObject(other, (object) => object.noteTls(days))
    await first.noteTls(days)
    expect(await runDurableObjectAlarm(other)).toBe(true)
    expect(await runInDurableObject(other, (_, { storage }) => storage.getAlarm())).toBeNull()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 30 * 3_600_000 })
    await runDurableObjectAlarm(first)
    expect(await runDurableObjectAlarm(other)).toBe(false)
    expect(outside.posted.map(({ url }) => url)).toEqual(['https://reports.test/busy'])
    const report = parseTlsReport(await unzip(outside.posted[0]?.body ?? new Uint8Array()))
    expect(report?.results).toMatchObject([{ successes: 2 }])
  })

  it('cost nothing where nobody asks for them', async () => {
    outside.host('quiet.test')
    outside.sessions = [{ host: 'mx.quiet.test', address: '203.0.113.25', encrypted: true }]
    await submit('quiet.test')
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 60_000 })
    await runDurableObjectAlarm(queue('quiet.test'))
    expect(await memos('quiet.test')).toEqual([])
    // The queue's own may still be set, but none for tomorrow.
    const alarm = await runInDurableObject(queue('quiet.test'), (_, { storage }) => storage.getAlarm())
    expect(alarm ?? 0).toBeLessThan(Date.now() + 10 * 60_000)
  })
})
