/**
 * What the HTTP application needs, over Durable Objects.
 */
import type { AccountRoute, House } from '../http/index.ts'
import { formatStsPolicy } from '../../format/index.ts'
import { workersAdministration } from './administration.ts'
import { apiBook } from './api-book.ts'
import { arrivalPorts } from './arrival-ports.ts'
import { clientAddressOf } from './client-address.ts'
import type { Env } from './env.ts'
import { serveLink } from './link/link-server.ts'
import { LinkOperations } from './link/operations.ts'
import { log } from './log.ts'
import { Logins } from './logins.ts'
import { parkingLot } from './parking/parking-lot.ts'
import { clientLists, doorPolicy } from './screening.ts'
import { programMail } from './program-mail.ts'
import { settingsOf } from './settings.ts'
import { traceBuffer } from './trace-buffer.ts'
import { linkedMessages } from './webhook-links.ts'

/**
 * Requests a bridge may have running at once on one link, and the bytes they may hold: the isolate's 128 MB also hold the
 * copies that travel to the objects.
 */
const MAX_IN_FLIGHT = 1_024
const MAX_PENDING = 64 * 1024 * 1024

export function workersHouse(env: Env): House {
  const settings = settingsOf(env)
  const logins = new Logins(env)
  const { ASSETS } = env

  function route(accountId: string, cached: boolean): AccountRoute {
    return { accountId, cached, fetch: (request) => env.ACCOUNT.getByName(accountId).fetch(request) }
  }

  function openParking(): Promise<Response> {
    const request = new Request('http://registry/internal/parking', { headers: { Upgrade: 'websocket' } })
    return env.REGISTRY.getByName('registry').fetch(request)
  }

  function parkedAccount(id: string): AccountRoute | undefined {
    const accountId = parkingLot.accountOf(id)
    return accountId === undefined ? undefined : route(accountId, false)
  }

  return {
    hostname: settings.hostname,
    ...(settings.bridgeSecret === undefined ? {} : { bridgeSecret: settings.bridgeSecret }),
    ...(settings.adminToken === undefined ? {} : { adminToken: settings.adminToken }),
    ...(settings.metricsToken === undefined ? {} : { metricsToken: settings.metricsToken }),
    administration: workersAdministration(env),
    api: apiBook(env),
    mail: programMail(env, logins),
    linked: linkedMessages(env),
    now: Date.now,
    clientAddress: (request) => clientAddressOf(request, settings.clientAddressHeader),
    async accountByLogin(login, fresh = false) {
      const found = await logins.find(login, fresh)
      return found === undefined ? undefined : route(found.accountId, found.cached)
    },
    accountById: (id) => route(id, false),
    openLink() {
      const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket]
      server.binaryType = 'arraybuffer'
      server.accept()
      // Made for this link: what they have under way belongs to this request's life.
      const lists = clientLists(env)
      const count = traceBuffer(env)
      const operations = new LinkOperations({
        arrival: arrivalPorts(env),
        authenticate: (login, attempt) => logins.authenticate(login, attempt),
        scramSalt: (login) => logins.scramSalt(login),
        scramProof: (login, attempt) => logins.scramProof(login, attempt),
        judgeClient: (address) => lists.judge(address),
        turnedAway: (counts) => count([{ type: 'turned-away', at: Date.now(), counts }]),
        hello: {
          door: doorPolicy(env),
          hostname: settings.hostname,
          maxMessageSize: settings.maxMessageSize,
          ...(settings.linkRequests === undefined ? {} : { maxRequests: settings.linkRequests }),
        },
      })
      const limits = {
        maxBody: settings.maxMessageSize + 64 * 1024,
        maxPending: Math.max(MAX_PENDING, 2 * settings.maxMessageSize),
        maxInFlight: MAX_IN_FLIGHT,
      }
      serveLink(server, operations, limits, log)
      return new Response(null, { status: 101, webSocket: client })
    },
    async stsPolicy(domain) {
      const { stsPolicy } = settings.tls
      if (stsPolicy === undefined || !(await env.DOMAIN.getByName(domain).isHosted())) return undefined
      return formatStsPolicy(stsPolicy)
    },
    ...(settings.parking ? { parking: { open: openParking, account: parkedAccount } } : {}),
    ...(ASSETS === undefined ? {} : { asset: (request: Request) => ASSETS.fetch(request) }),
    log,
  }
}
