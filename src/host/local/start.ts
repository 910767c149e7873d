/**
 * The whole server on one machine: workerd with the Worker and its objects, and the bridge in this process.
 *
 * Order of start: data directory, ports, workerd, bridge, demonstration accounts. Order of stop: the other way round, so
 * that a transaction in flight still finds the Worker.
 */
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { parseScreening, parseVerification } from '../../arrival/index.ts'
import { parseSmarthosts } from '../../delivery/index.ts'
import { defaultQueueOptions, parseShards } from '../../queue/index.ts'
import { startBridge, type Bridge, type Log } from '../bridge/node/index.ts'
import { openDataDirectory, type DataDirectory } from './data-directory.ts'
import { ensureDemo } from './demo.ts'
import { LocalHostError } from './failure.ts'
import { isLoopback, type LocalOptions } from './options.ts'
import { expectFree, freePort } from './ports.ts'
import { startRuntime, type Runtime } from './runtime.ts'
import { bundleWorker } from './worker-bundle.ts'

export interface LocalServer {
  /** Where HTTP is served. */
  readonly url: string
  /** Where each listener really is, by its flag's name. */
  readonly addresses: Bridge['addresses']
  readonly data: string
  /** The demonstration accounts' password, when they exist. */
  readonly demoPassword?: string
  /** Lets transactions in flight finish, then stops everything. */
  stop(): Promise<void>
}

/** How long a transaction in flight may take to end when the server is asked to stop. */
const DRAIN_MS = 10_000
/** Beyond the moment for which the end of a message waits to be written down: for the writing. */
const SETTLE_MS = 50

/** Starts the server. Throws LocalHostError or BridgeConfigurationError, each with one sentence for the operator. */
export async function startLocal(options: LocalOptions, log: Log): Promise<LocalServer> {
  checkAddresses(options)
  await checkPorts(options)
  const data = openDataDirectory(options.data)
  let runtime: Runtime | undefined
  let bridge: Bridge | undefined
  const stop = async () => {
    await bridge?.close({ drainMs: DRAIN_MS })
    if (bridge !== undefined) await delay(defaultQueueOptions.linger + SETTLE_MS)
    await runtime?.stop()
    data.release()
  }
  try {
    const script = await bundleWorker()
    const egress = { host: '127.0.0.1', port: await freePort('127.0.0.1') }
    const hostname = options.hostname
    runtime = await startRuntime({
      script,
      host: options.host,
      port: options.ports.http === 0 ? await freePort(options.host, egress.port) : options.ports.http,
      objects: data.objects,
      runtime: data.runtime,
      bindings: workerBindings(options, data, egress),
      trusted: extraRoots(process.env['NODE_EXTRA_CA_CERTS']),
      log: (level, message) => log(logLevel(level), 'worker', { message }),
    })
    bridge = await startBridge({
      workerUrl: runtime.url,
      ...(runtime.socket === undefined ? {} : { workerSocket: runtime.socket }),
      secret: data.secrets.bridgeSecret,
      hostname,
      allowPlaintextLogin: isLoopback(options.host),
      tls: options.certificate ?? { directory: data.tls, hostname },
      listeners: { ...bridgeListeners(options), egress },
      parking: true,
      log,
    })
    await bridge.linked
    const administration = { url: runtime.url, adminToken: data.secrets.adminToken }
    const hasDemo = options.demo && (await ensureDemo(administration, data.secrets.demoPassword))
    data.announce(runtime.url)
    return {
      url: runtime.url,
      addresses: bridge.addresses,
      data: data.path,
      ...(hasDemo ? { demoPassword: data.secrets.demoPassword } : {}),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function workerBindings(
  options: LocalOptions,
  data: DataDirectory,
  egress: { host: string; port: number },
): Record<string, string> {
  const optional = {
    FACTEUR_DOH: options.doh,
    FACTEUR_PUBLIC_URL: options.publicUrl,
    FACTEUR_TRACE_DAYS: options.traceDays,
    FACTEUR_RSPAMD: options.rspamd,
    FACTEUR_CLIENT_ADDRESS_HEADER: options.clientAddressHeader,
    FACTEUR_RECIPIENTS_PER_HOUR: options.recipientsPerHour,
    FACTEUR_RECIPIENTS_PER_DAY: options.recipientsPerDay,
    FACTEUR_SMARTHOST: options.smarthost,
    FACTEUR_RELAY_TO_PRIVATE: options.relayToPrivate === true ? 'yes' : undefined,
    FACTEUR_WEBHOOKS_TO_PRIVATE: options.webhooksToPrivate === true ? 'yes' : undefined,
    FACTEUR_SRS: options.srs === true ? 'yes' : undefined,
    FACTEUR_MX_NAMES: options.mxNames,
    FACTEUR_MTA_STS: options.mtaSts,
    FACTEUR_MTA_STS_DAYS: options.mtaStsDays,
    FACTEUR_MAX_MESSAGE_SIZE: options.maxMessageSize,
    FACTEUR_DELAY_NOTICE_HOURS: options.delayNoticeHours,
    FACTEUR_QUEUE_LIFETIME_HOURS: options.queueLifetimeHours,
    FACTEUR_RETRY_FIRST_SECONDS: options.firstRetrySeconds,
    FACTEUR_QUEUE_SHARDS: options.queueShards,
    // One thread and one disk serve all objects here: one for each destination would be a commit for each message.
    FACTEUR_QUEUE_OBJECTS: '1',
    FACTEUR_DEFAULT_DOMAIN: options.defaultDomain,
    FACTEUR_DMARC: options.verification?.dmarc,
    FACTEUR_DMARC_REPORTS: options.verification?.['dmarc-reports'],
    FACTEUR_TRUSTED_NETWORKS: options.verification?.['trusted-networks'],
    FACTEUR_AUTHSERV_ID: options.verification?.['authserv-id'],
    FACTEUR_TRUSTED_SEALERS: options.verification?.['trusted-sealers'],
    FACTEUR_DNSBL: options.screening?.dnsbl,
    FACTEUR_DNSWL: options.screening?.dnswl,
    FACTEUR_GREYLIST: options.screening?.greylist,
    FACTEUR_CLIENT_RATES: options.screening?.['client-rates'],
  }
  return {
    FACTEUR_HOSTNAME: options.hostname,
    FACTEUR_MX_PORT: String(options.mxPort),
    FACTEUR_EGRESS: `http://${egress.host}:${egress.port}`,
    // workerd has all objects in one isolate.
    FACTEUR_PARKING: 'yes',
    FACTEUR_BRIDGE_SECRET: data.secrets.bridgeSecret,
    FACTEUR_ADMIN_TOKEN: data.secrets.adminToken,
    ...Object.fromEntries(
      Object.entries(optional)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, String(value)]),
    ),
  }
}

function bridgeListeners({ host, ports }: LocalOptions) {
  return {
    smtp: { host, port: ports.smtp },
    submission: { host, port: ports.submission },
    submissions: { host, port: ports.submissions },
    imap: { host, port: ports.imap },
    imaps: { host, port: ports.imaps },
    pop3: { host, port: ports.pop3 },
    pop3s: { host, port: ports.pop3s },
  }
}

/** The Worker would find these wrong only when the first message goes out. */
function checkAddresses({ smarthost, doh, publicUrl, verification, screening, queueShards }: LocalOptions): void {
  const shards = parseShards(queueShards ?? '')
  if (!shards.ok) throw new LocalHostError(`--queue-shards: ${shards.problem}.`)
  const verifying = parseVerification(verification ?? {})
  if (!verifying.ok) throw new LocalHostError(`--${verifying.setting} ${verifying.problem}.`)
  const screened = parseScreening(screening ?? {})
  if (!screened.ok) throw new LocalHostError(`--${screened.setting} ${screened.problem}.`)
  if (publicUrl !== undefined && !/^https?:$/.test(URL.canParse(publicUrl) ? new URL(publicUrl).protocol : '')) {
    throw new LocalHostError(`--public-url must be an http or https URL, not "${publicUrl}".`)
  }
  if (smarthost !== undefined) {
    const parsed = parseSmarthosts(smarthost)
    if (!parsed.ok) throw new LocalHostError(`--smarthost: ${parsed.problem.replace(/\.?$/, '.')}`)
  }
  if (doh !== undefined && !/^https?:$/.test(URL.canParse(doh) ? new URL(doh).protocol : '')) {
    throw new LocalHostError(`--doh must be an http or https URL, not "${doh}".`)
  }
}

/** The certificates in the file that Node, and so the bridge, trusts too. Node itself warns of one that cannot be read. */
function extraRoots(file: string | undefined): string[] {
  if (file === undefined || file === '' || !existsSync(file)) return []
  return readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
}

/** Before anything is started: a taken port should cost the operator one sentence, not a half-started server. */
async function checkPorts({ host, ports }: LocalOptions): Promise<void> {
  for (const [name, port] of Object.entries(ports)) await expectFree(host, port, `--${name}`)
}

function logLevel(level: string): 'debug' | 'info' | 'warning' | 'error' {
  if (level === 'error') return 'error'
  if (level === 'warn') return 'warning'
  return level === 'debug' ? 'debug' : 'info'
}
