/**
 * The zone that `facteur dns` prints, pasted into a name server: our own check finds it, and by it Exim verifies what we
 * sign, and whom it sends mail to.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { freePort } from '../../src/host/local/ports.ts'
import { issue } from '../host/bridge/authority.ts'
import { alice, sendAs } from './clients.ts'
import { eximProgram, startExim } from './peer/exim.ts'
import { hand } from './peer/hand.ts'
import { withoutUnpacked } from './peer/jail.ts'
import { facesOf, type Peer } from './peer/peer.ts'
import { type Resolver, startResolver, withoutResolver } from './peer/resolver.ts'
import { facteur, removeDirectory, type RunningFacteur, startFacteur } from './server.ts'

const missing = withoutResolver() ?? withoutUnpacked(eximProgram)
const faces = facesOf(24)
const nameServer = '127.0.24.53'

let server: RunningFacteur
let resolver: Resolver
let exim: Peer

beforeAll(async () => {
  if (missing !== undefined) return
  const port = await freePort('127.0.0.1')
  const doh = await freePort('127.0.0.1', port)
  const names = ['--hostname', 'mail.facteur.test', '--mta-sts', 'enforce']
  const elsewhere = ['--doh', `http://127.0.0.1:${doh}/dns-query`, '--mx-port', String(port)]
  server = await startFacteur({ flags: [...names, ...elsewhere] })
  const printed = await facteur(['dns', 'facteur.test', '--data', server.data])
  expect(printed.code, printed.stderr).toBe(0)
  const lines = printed.stdout.split('\n')
  // As it would be if our port were 25.
  const here = lines.map((line) => line.replace(/^_25(?=\._tcp\.mail\.)/, `_${server.ports.smtp}`))
  resolver = await startResolver(
    [
      { name: 'facteur.test', records: ['mail A 127.0.0.1', ...new Set([...lines, ...here])], signed: (text) => text },
      { name: 'exim.test', records: [`@ A ${faces.full}`] },
    ],
    { port: doh, classic: nameServer },
  )
  const { chain: cert, key } = await issue('exim.test')
  const identity = { cert, key }
  exim = await startExim({ name: 'exim', port, faces, identity, relay: server.ports.smtp, resolver: nameServer })
})

afterAll(async () => {
  await server?.stop()
  await exim?.stop()
  await resolver?.stop()
  if (server !== undefined) removeDirectory(server.data)
})

beforeEach((context) => {
  if (missing !== undefined) context.skip(missing)
})

test('`facteur dns --check` finds all of it', async () => {
  const checked = await facteur(['dns', 'facteur.test', '--check', '--data', server.data])
  expect(checked.code, checked.stdout).toBe(0)
  expect(checked.stdout).not.toMatch(/missing|different|unknown/i)
  for (const type of ['MX', 'TXT', 'SRV', 'TLSA']) expect(checked.stdout).toMatch(new RegExp(`^ok .* ${type} `, 'm'))
})

test('Exim verifies both signatures (RFC 6376, RFC 8463)', async () => {
  await sendAs(server, alice, { to: 'friend@exim.test', subject: 'signed', text: 'Hello,\n\n.world  \n\n\n' })
  await expect.poll(() => exim.log(), { timeout: 20_000, interval: 50 }).toMatch(/ Completed/)
  const verified = exim.log().matchAll(/ DKIM: d=facteur\.test .* a=(\S+) .*\[verification succeeded\]/g)
  expect(new Set([...verified].map(([, algorithm]) => algorithm))).toEqual(new Set(['ed25519-sha256', 'rsa-sha256']))
})

test('Exim, which insists on DANE, trusts us by it (RFC 7672)', async () => {
  await hand(exim, alice, 'by DANE')
  const tried = /(?:=>|\*\*|==) alice@facteur\.test .*/
  await expect.poll(() => exim.log(), { timeout: 20_000, interval: 50 }).toMatch(tried)
  expect(tried.exec(exim.log())?.[0]).toMatch(/^=> .* H=mail\.facteur\.test .* CV=dane /)
})
