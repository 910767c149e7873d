/** What a user sends out of the house carries two signatures that the records of its domain verify. */
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { validateArc } from '../../../src/protocol/arc/index.ts'
import { readSignedMessage, verifyDkim, type VerifyPorts } from '../../../src/protocol/dkim/index.ts'
import { admin, envelope, fromOutside, furnish, LinkClient, message } from './house.ts'
import { allTaken, dohAnswer, egressRequest, oneHost } from './outside.ts'

interface Key {
  readonly name: string
  readonly record: string
  readonly state: string
}

let link: LinkClient
const fromElsewhere = { ...fromOutside, clientAddress: '198.51.100.7' }
let submission: object
const sent: Uint8Array[] = []

beforeAll(async () => {
  const ids = await furnish('facteur.test', ['alice'])
  link = await LinkClient.open()
  submission = { ...fromOutside, kind: 'submission', protocol: 'ESMTPSA', accountId: ids.alice }
  vi.stubGlobal('fetch', outside)
})

afterEach(() => {
  sent.length = 0
})

/** A resolver that knows one host for every domain, and an egress that takes everything. */
async function outside(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const asked = new Request(input, init)
  if (new URL(asked.url).hostname === 'doh.test') return dohAnswer(asked.url, oneHost)
  const { request, raw } = await egressRequest(asked)
  sent.push(raw)
  return allTaken(request)
}

async function keys(): Promise<Key[]> {
  return (await admin('GET', '/domains/facteur.test/dkim')).body as Key[]
}

/** A DNS that publishes these records and no other. */
function ports(records: readonly Key[]): VerifyPorts {
  const dns = {
    async resolve(name: string) {
      const found = records.find((key) => key.name === name)
      if (found === undefined) return { status: 'nxdomain', ttl: 60, authentic: false }
      return { status: 'found', records: [found.record], name, ttl: 60, authentic: false }
    },
  } as VerifyPorts['dns']
  return { dns, crypto: crypto.subtle }
}

/** Sends a message out; what its signatures are worth by these records. */
async function verdicts(records: readonly Key[]): Promise<string[]> {
  const raw = message({ from: 'alice@facteur.test', to: 'friend@elsewhere.test', subject: 'Signed' })
  const reply = await link.deliver(envelope('alice@facteur.test', 'friend@elsewhere.test'), raw, submission)
  expect(reply).toMatchObject({ code: 250 })
  await vi.waitFor(() => expect(sent).toHaveLength(1), { interval: 5 })
  const results = await verifyDkim(readSignedMessage(sent[0] as Uint8Array), { now: Date.now() }, ports(records))
  return results.map(({ status, algorithm }) => `${algorithm} ${status}`)
}

test('RSA and Ed25519, both verified by the records that administration prints', async () => {
  expect(await verdicts(await keys())).toEqual(['rsa-sha256 pass', 'ed25519-sha256 pass'])
})

test('what an alias passes on from outside is sealed with the key that is published (RFC 8617 §5.1)', async () => {
  await admin('PUT', '/aliases/friend@facteur.test', { targets: ['friend@elsewhere.test'] })
  const raw = message({ from: 'boss@elsewhere.test', to: 'friend@facteur.test', subject: 'Passed on' })
  const reply = await link.deliver(envelope('boss@elsewhere.test', 'friend@facteur.test'), raw, fromElsewhere)
  expect(reply).toMatchObject({ code: 250 })
  await vi.waitFor(() => expect(sent).toHaveLength(1), { interval: 5 })
  const chain = await validateArc(readSignedMessage(sent[0] as Uint8Array), { now: Date.now() }, ports(await keys()))
  expect(chain).toMatchObject({ status: 'pass', instances: 1, sealers: ['facteur.test'] })
})

test('after a change of keys the new ones sign at once here', async () => {
  const before = await keys()
  expect((await admin('POST', '/domains/facteur.test/dkim/rotate')).body).toMatchObject({ step: 'made' })
  const changed = await admin('POST', '/domains/facteur.test/dkim/rotate', { now: true })
  expect(changed.body).toMatchObject({ step: 'activated' })
  const fresh = (await keys()).filter(({ name }) => !before.some((old) => old.name === name))
  expect(await verdicts(fresh)).toEqual(['rsa-sha256 pass', 'ed25519-sha256 pass'])
})

test('a domain that signs no more sends without signatures', async () => {
  expect((await admin('POST', '/domains/facteur.test/dkim/stop')).status).toBe(204)
  expect(await verdicts(await keys())).toEqual([])
})
