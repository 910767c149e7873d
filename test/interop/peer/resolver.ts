/**
 * A resolver as operators run one: zones on disk, some signed; Unbound validates, dnsdist gives its answers over HTTPS.
 *
 * dnsdist speaks HTTP/2 alone since 1.9 and workerd HTTP/1.1 alone, so a proxy stands between, as it would.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type ClientHttp2Session, connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { freePort } from '../../../src/host/local/ports.ts'
import { type Jail, makeJail, withoutUnpacked } from './jail.ts'

const unbound = '/usr/sbin/unbound'
const dnsdist = '/usr/bin/dnsdist'
const keygen = '/usr/bin/ldns-keygen'
const signzone = '/usr/bin/ldns-signzone'

export interface ZoneFile {
  readonly name: string
  /** Records, a line each, with names relative to the zone. */
  readonly records: readonly string[]
  /** What becomes of the signed zone's text before it is served; without it the zone is not signed. */
  readonly signed?: (text: string) => string
}

export interface Resolver {
  readonly url: string
  stop(): Promise<void>
}

export const withoutResolver = (): string | undefined => withoutUnpacked(unbound) ?? withoutUnpacked(dnsdist)

export interface ResolverOptions {
  /** Of the HTTP; any free one when absent. */
  readonly port?: number
  /** An address on loopback where it also answers in the old way, for programs that ask so: port 53. */
  readonly classic?: string
}

export async function startResolver(zones: readonly ZoneFile[], options: ResolverOptions = {}): Promise<Resolver> {
  const jail = await makeJail([unbound, dnsdist, keygen, signzone], { unbound: 1000 })
  const anchors: string[] = []
  for (const zone of zones) anchors.push(...(await writeZone(jail, zone)))
  const port = await freePort('127.0.0.1')
  const plain = await freePort('127.0.0.1', port)
  const doh = await freePort('127.0.0.1', port, plain)
  const classic = options.classic === undefined ? [] : [`${options.classic}@53`]
  jail.write('unbound.conf', unboundConfiguration(zones, anchors, [`127.0.0.1@${port}`, ...classic]))
  jail.write('dnsdist.conf', dnsdistConfiguration({ port, plain, doh }))
  jail.start(unbound, '-d', '-c', '/unbound.conf')
  jail.start(dnsdist, '--supervised', '-C', '/dnsdist.conf')
  const front = await startFront(doh, options.port)
  return {
    url: `http://127.0.0.1:${(front.server.address() as AddressInfo).port}/dns-query`,
    async stop() {
      front.stop()
      await jail.close()
    },
  }
}

/** The trust anchors of the zone. */
async function writeZone(jail: Jail, { name, records, signed }: ZoneFile): Promise<string[]> {
  const file = `zones/${name}`
  const head = [`$ORIGIN ${name}.`, '$TTL 300', `@ SOA ns hostmaster 1 3600 600 86400 42`, '@ NS ns', 'ns A 127.0.0.1']
  jail.write(file, `${[...head, ...records].join('\n')}\n`)
  if (signed === undefined) return []
  const key = (await jail.run(keygen, '-a', 'ED25519', '-k', '-r', '/dev/urandom', name)).trim()
  await jail.run(signzone, '-f', `/${file}`, `/${file}`, `/${key}`)
  jail.write(file, signed(jail.read(file)))
  return [jail.read(`${key}.key`).trim()]
}

function unboundConfiguration(zones: readonly ZoneFile[], anchors: readonly string[], at: readonly string[]): string {
  const files = zones.map(
    ({ name }) => `auth-zone:
  name: "${name}"
  zonefile: "/zones/${name}"
  for-downstream: no
  for-upstream: yes
`,
  )
  return `server:
${at.map((address) => `  interface: ${address}\n`).join('')}  username: unbound
  chroot: ""
  directory: "/tmp"
  pidfile: ""
  use-syslog: no
  logfile: "/tmp/unbound.log"
  do-ip6: no
  do-not-query-localhost: no
  # RFC 6761 has resolvers answer this one by themselves.
  local-zone: "test." nodefault
  root-hints: ""
${anchors.map((anchor) => `  trust-anchor: "${anchor.replaceAll('\t', ' ').replace(/ *;.*$/, '')}"\n`).join('')}
${files.join('\n')}`
}

function dnsdistConfiguration(ports: { port: number; plain: number; doh: number }): string {
  return `setLocal("127.0.0.1:${ports.plain}")
newServer({address="127.0.0.1:${ports.port}", healthCheckMode="up"})
addDOHLocal("127.0.0.1:${ports.doh}", nil, nil, "/dns-query")
`
}

async function startFront(port: number, own = 0): Promise<{ server: Server; stop(): void }> {
  let behind = await connected(port)
  const server = createServer((request, response) => {
    const { method = 'GET', url = '/', headers } = request
    const wanted = { accept: headers.accept, 'content-type': headers['content-type'] }
    const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined))
    // dnsdist closes a connection that has been idle.
    if (behind.closed || behind.destroyed) behind = open(port)
    const stream = behind.request({ ':method': method, ':path': url, ...given })
    stream.on('response', (answer) => {
      for (const name of ['content-type', 'cache-control']) if (answer[name]) response.setHeader(name, answer[name])
      response.writeHead(answer[':status'] ?? 502)
      stream.pipe(response)
    })
    stream.on('error', () => response.destroy())
    request.pipe(stream)
  })
  server.listen(own, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    stop() {
      server.close()
      server.closeAllConnections()
      behind.destroy()
    },
  }
}

/** Tries until dnsdist listens. */
async function connected(port: number): Promise<ClientHttp2Session> {
  for (;;) {
    const session = open(port)
    const opened = await new Promise<boolean>((resolve) => {
      session.once('connect', () => resolve(true)).once('close', () => resolve(false))
    })
    if (opened) return session
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** What goes wrong with it is told to its streams. */
function open(port: number): ClientHttp2Session {
  return connect(`http://127.0.0.1:${port}`).on('error', () => undefined)
}
