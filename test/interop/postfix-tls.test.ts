/**
 * Mail to Postfix under DANE and MTA-STS: what each policy lets through, and what waits.
 */
import { createHash, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { formatStsPolicy, type StsMode } from '../../src/format/index.ts'
import { type Issued, issue } from '../host/bridge/authority.ts'
import { alice } from './clients.ts'
import { type DohServer, startDohServer, type Zone, type ZoneRecord } from './doh-server.ts'
import { diagnosticOf, submitAs } from './outgoing.ts'
import { type Parts, startParts } from './parts.ts'
import { type Postfix, startPostfix, withoutPostfix } from './postfix.ts'
import { removeDirectory, temporaryDirectory } from './server.ts'

const missing = withoutPostfix()
const domains = ['ee.test', 'ta.test', 'rollover.test', 'other-key.test', 'unusable.test', 'waived.test'].concat([
  'enforced.test',
  'misnamed.test',
  'hijacked.test',
  'testing.test',
  'both.test',
  'plain.test',
  'moved.test',
  'unvouched.test',
])

const directory = temporaryDirectory()
let root: Issued
let own: Issued
let postfix: Postfix
let doh: DohServer
let policies: Server
let parts: Parts

beforeAll(async () => {
  if (missing !== undefined) return
  root = await issue('Root of the tests', { authority: true })
  // Wherever it is the same server: its one name fits some policies, and others not.
  own = await issue('mx.postfix.test', { by: root })
  postfix = await startPostfix({ domains, identity: { cert: own.chain, key: own.key } })
  doh = await startDohServer(zone(postfix.port), { signed: true })
  policies = await policyHosts(await issue('localhost', { by: root }), {
    'enforced.test': ['enforce', 'mx.postfix.test'],
    'misnamed.test': ['enforce', '*.misnamed.test'],
    'hijacked.test': ['enforce', 'mx.hijacked.test'],
    'testing.test': ['testing', 'mx.testing.test'],
    'both.test': ['enforce', 'mx.elsewhere.test'],
    'unvouched.test': ['enforce', 'mx.elsewhere.test'],
  })
  parts = await startParts({ bindings: bindings(), egressCa: [root.cert] })
})

const bindings = () => ({
  FACTEUR_DOH: doh.url,
  FACTEUR_MX_PORT: String(postfix.port),
  FACTEUR_HTTPS_GATEWAY: gateway(policies),
  FACTEUR_RETRY_FIRST_SECONDS: '3600',
  // What workerd takes for the system's roots.
  SSL_CERT_FILE: rootFile('root.pem', root),
})

afterAll(async () => {
  await parts?.stop()
  policies?.close()
  await doh?.close()
  await postfix?.stop()
  removeDirectory(directory)
})

beforeEach((context) => {
  if (missing !== undefined) context.skip(missing)
})

function tlsa(certificate: Issued, usage: number): ZoneRecord {
  const key = new X509Certificate(certificate.cert).publicKey.export({ type: 'spki', format: 'der' })
  return { type: 'TLSA', usage, selector: 1, matchingType: 1, certificate: createHash('sha256').update(key).digest() }
}

function zone(port: number): Zone {
  const made: Record<string, readonly ZoneRecord[]> = {}
  const stranger: ZoneRecord = { ...tlsa(own, 3), certificate: Buffer.alloc(32, 1) } as ZoneRecord
  const host = (domain: string, exchange: string, records: readonly ZoneRecord[] = []) => {
    made[domain] = [{ type: 'MX', preference: 10, exchange }]
    made[exchange] = [{ type: 'A', address: '127.0.0.1' }]
    if (records.length > 0) made[`_${port}._tcp.${exchange}`] = records
  }
  host('ee.test', 'mx.ee.test', [tlsa(own, 3)])
  host('ta.test', 'mx.postfix.test', [])
  host('rollover.test', 'mx.rollover.test', [stranger, tlsa(own, 3)])
  host('other-key.test', 'mx.other-key.test', [stranger])
  host('unusable.test', 'mx.unusable.test', [tlsa(own, 1)])
  host('waived.test', 'mx.waived.test', [stranger])
  host('both.test', 'mx.both.test', [tlsa(own, 3)])
  host('plain.test', 'mx.plain.test')
  host('enforced.test', 'mx.postfix.test')
  host('misnamed.test', 'mx.misnamed.test')
  host('hijacked.test', 'mx.postfix.test')
  host('testing.test', 'mx.postfix.test')
  host('moved.test', 'mx.postfix.test')
  host('unvouched.test', 'mx.postfix.test')
  // An anchor needs the name as well: here it is that of the certificate.
  made['ta.test'] = [{ type: 'MX', preference: 10, exchange: 'ta.postfix.test' }]
  made['ta.postfix.test'] = [{ type: 'A', address: '127.0.0.1' }]
  made[`_${port}._tcp.ta.postfix.test`] = [tlsa(root, 2)]
  for (const domain of ['enforced', 'misnamed', 'hijacked', 'testing', 'both', 'moved', 'unvouched'])
    made[`_mta-sts.${domain}.test`] = [{ type: 'TXT', text: 'v=STSv1; id=1;' }]
  return made
}

const gateway = (server: Server) => `https://localhost:${(server.address() as AddressInfo).port}`

function rootFile(name: string, { cert }: Issued): string {
  const file = join(directory, name)
  writeFileSync(file, cert)
  return file
}

function policyHosts(identity: Issued, served: Record<string, [StsMode, string]>): Promise<Server> {
  const server = createServer({ cert: identity.chain, key: identity.key }, (request, response) => {
    const domain = /^\/mta-sts\.([^/]+)\/\.well-known\/mta-sts\.txt$/.exec(request.url ?? '')?.[1] ?? ''
    const policy = served[domain]
    if (domain === 'moved.test') {
      // To one that would keep the mail back.
      response.writeHead(302, { location: `${gateway(server)}/mta-sts.hijacked.test/.well-known/mta-sts.txt` }).end()
      return
    }
    response.statusCode = policy === undefined ? 404 : 200
    response.setHeader('content-type', 'text/plain')
    response.end(policy === undefined ? '' : formatStsPolicy({ mode: policy[0], mx: [policy[1]], maxAge: 86_400 }))
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

const submit = (domain: string, raw = `Subject: to ${domain}\r\n\r\nhello\r\n`) =>
  submitAs(parts, alice, { to: `friend@${domain}`, raw })

async function arrives(domain: string): Promise<string> {
  await expect.poll(() => postfix.mail(domain), { timeout: 20_000, interval: 50 }).toContain('\n\nhello\n')
  return postfix.mail(domain)
}

async function waits(domain: string): Promise<string> {
  const diagnostic = await diagnosticOf(parts, domain)
  expect(postfix.mail(domain)).toBe('')
  return diagnostic
}

const encrypted = /using TLSv1\.3 with cipher TLS_/

describe('DANE (RFC 7672)', () => {
  test.each(['ee.test', 'rollover.test', 'unusable.test'])('%s has its mail, over TLS', async (domain) => {
    await submit(domain)
    expect(await arrives(domain)).toMatch(encrypted)
  })

  test('an anchor whose certificate is for another name: it waits', async () => {
    await submit('ta.test')
    expect(await waits('ta.test')).toMatch(/the certificate is not for ta\.postfix\.test or ta\.test/)
  })

  test('another key than the zone has: it waits, and the queue says why', async () => {
    await submit('other-key.test')
    expect(await waits('other-key.test')).toMatch(
      /no TLSA record fits.*TLSA records of other-key\.test ask for verified TLS/,
    )
  })

  test('unless its sender says TLS-Required: No (RFC 8689)', async () => {
    await submit('waived.test', 'Subject: waived\r\nTLS-Required: No\r\n\r\nhello\r\n')
    expect(await arrives('waived.test')).toMatch(encrypted)
  })
})

describe('MTA-STS (RFC 8461)', () => {
  test('enforced, with the right name: it has its mail, over TLS', async () => {
    await submit('enforced.test')
    expect(await arrives('enforced.test')).toMatch(encrypted)
  })

  test('enforced, a certificate for another name: it waits', async () => {
    await submit('misnamed.test')
    expect(await waits('misnamed.test')).toMatch(/altnames.*the MTA-STS policy of misnamed\.test ask/)
  })

  test('enforced, an MX that is not in the policy: it waits', async () => {
    await submit('hijacked.test')
    expect(await waits('hijacked.test')).toMatch(/mx\.postfix\.test is not in the MTA-STS policy of hijacked\.test/)
  })

  test('tested only: it has its mail', async () => {
    await submit('testing.test')
    expect(await arrives('testing.test')).toMatch(encrypted)
  })

  test('a policy elsewhere is not gone after (§3.3): it has its mail', async () => {
    await submit('moved.test')
    expect(await arrives('moved.test')).toMatch(encrypted)
  })

  test('a policy host whose certificate nobody vouches for has no policy (§3.3): it has its mail', async () => {
    const stranger = rootFile('stranger.pem', await issue('Another root', { authority: true }))
    const unvouched = await startParts({ bindings: { ...bindings(), SSL_CERT_FILE: stranger } })
    try {
      await submitAs(unvouched, alice, { to: 'friend@unvouched.test', raw: 'Subject: x\r\n\r\nhello\r\n' })
      expect(await arrives('unvouched.test')).toMatch(encrypted)
    } finally {
      await unvouched.stop()
    }
    await submit('unvouched.test')
    await diagnosticOf(parts, 'unvouched.test')
  })

  test('DANE comes first: an MX outside of the policy whose key fits', async () => {
    await submit('both.test')
    expect(await arrives('both.test')).toMatch(encrypted)
  })
})

test('neither: opportunistic TLS (RFC 7435)', async () => {
  await submit('plain.test')
  expect(await arrives('plain.test')).toMatch(encrypted)
})
