/**
 * `facteur start`: the whole server on this machine, until it is told to stop.
 */
import { hostname as machineName } from 'node:os'
import { defaultMaxMessageSize } from '../../format/index.ts'
import { BridgeConfigurationError, lineLog } from '../../host/bridge/node/index.ts'
import {
  announcement,
  LocalHostError,
  startLocal,
  type LocalOptions,
  type LocalServer,
} from '../../host/local/index.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, parseFlags, type FlagTable, type FlagValues } from '../flags.ts'
import { linePrinter } from '../line-printer.ts'
import { stopSignal } from '../stop-signal.ts'

/** Part of the stable command line, so that a set-up written for it starts; nothing listens there in this version. */
const reservedPorts = {
  sieve: { type: 'port', help: 'reserved for ManageSieve; not served by this version' },
} as const satisfies FlagTable

const flagTable = {
  data: { type: 'string', default: 'facteur-data', value: 'DIR', help: 'where mail and settings are kept' },
  host: { type: 'string', default: '127.0.0.1', value: 'ADDRESS', help: 'address to listen on' },
  http: { type: 'port', default: 8080, help: 'web, JMAP and administration' },
  smtp: { type: 'port', default: 2525, help: 'mail from other servers' },
  submission: { type: 'port', default: 2587, help: 'mail from apps, STARTTLS' },
  submissions: { type: 'port', default: 2465, help: 'mail from apps, TLS' },
  imap: { type: 'port', default: 2143, help: 'IMAP, STARTTLS' },
  imaps: { type: 'port', default: 2993, help: 'IMAP, TLS' },
  pop3: { type: 'port', default: 2110, help: 'POP3, STARTTLS' },
  pop3s: { type: 'port', default: 2995, help: 'POP3, TLS' },
  ...reservedPorts,
  hostname: { type: 'string', value: 'NAME', help: "this server's name in greetings and trace headers" },
  'default-domain': { type: 'string', value: 'NAME', help: 'the domain of a login name without one' },
  'public-url': { type: 'string', value: 'URL', help: 'where people reach the web and JMAP, https://…' },
  doh: { type: 'string', value: 'URL', help: 'DNS over HTTPS server' },
  dmarc: { type: 'string', default: 'enforce', value: 'enforce|report|off', help: 'what follows from verifying mail' },
  'dmarc-reports': {
    type: 'string',
    default: 'others',
    value: 'others|all|none',
    help: 'whose domains get the daily reports that they ask for: those not hosted here, all, none',
  },
  'trusted-networks': {
    type: 'string',
    default: '127.0.0.0/8,::1',
    value: 'CIDR,…|none',
    help: 'mail from there is not verified',
  },
  'authserv-id': { type: 'string', value: 'NAME', help: 'our name in Authentication-Results, when not --hostname' },
  'trusted-sealers': { type: 'string', value: 'DOMAIN,…', help: 'forwarders whose ARC seals are believed' },
  dnsbl: {
    type: 'string',
    value: 'LIST,…',
    help: 'block lists in the DNS: bl.example, bl.example=junk, bl.example:2-9=3',
  },
  dnswl: { type: 'string', value: 'LIST,…', help: 'lists in the DNS of clients that are known to be good' },
  greylist: { type: 'string', value: 'SECONDS|off', help: 'put newcomers off for so long (off)' },
  'client-rates': {
    type: 'string',
    value: 'WHAT=N,…|off',
    help: 'a minute, of one network: connections=600,messages=2000,recipients=10000,unknown=30',
  },
  'mx-port': { type: 'port', default: 25, help: 'port of remote mail servers (for tests)' },
  'mx-names': {
    type: 'string',
    value: 'NAME,…',
    help: 'names that MX records of our domains have, when not --hostname',
  },
  'mta-sts': {
    type: 'string',
    value: 'enforce|testing|none',
    help: 'the MTA-STS policy that is served for our domains (when absent: none is)',
  },
  'mta-sts-days': { type: 'integer', value: 'DAYS', help: 'how long other servers keep to it (7)' },
  smarthost: {
    type: 'string',
    value: 'URL',
    help: 'send all mail to outside through smtp(s)://user:password@host:port; several, for routes: "name=URL name=URL"',
  },
  'webhooks-to-private': {
    type: 'boolean',
    help: 'webhooks may be without TLS, and at loopback and private addresses',
  },
  'relay-to-private': {
    type: 'boolean',
    help: 'hosts that routes, rules and MX records name may be at loopback and private addresses',
  },
  srs: { type: 'boolean', help: 'mail that aliases and rules send on has an envelope sender of the domain here (SRS)' },
  'tls-cert': { type: 'string', value: 'FILE', help: 'certificate chain, PEM (self-signed when absent)' },
  'tls-key': { type: 'string', value: 'FILE', help: 'its private key, PEM' },
  'max-message-size': {
    type: 'integer',
    default: defaultMaxMessageSize,
    value: 'BYTES',
    help: 'largest message accepted',
  },
  'delay-notice-hours': {
    type: 'string',
    value: 'HOURS',
    help: 'tell the sender that a message still waits after this time',
  },
  'queue-lifetime-hours': { type: 'string', value: 'HOURS', help: 'return a message that still waits after this time' },
  'recipients-per-hour': { type: 'integer', help: 'outside, for one account; 0: as many as it likes' },
  'recipients-per-day': { type: 'integer', help: 'the same for a day; 10000 when not given' },
  'client-address-header': {
    type: 'string',
    value: 'NAME',
    help: 'HTTP header in which a proxy in front, and nobody else, says where a request comes from',
  },
  rspamd: { type: 'string', value: 'URL', help: 'Rspamd server that is asked about mail from outside' },
  'trace-days': {
    type: 'integer',
    value: 'DAYS',
    help: 'how long it is known what became of a message; 0: not at all',
  },
  'queue-shards': { type: 'string', value: 'DOMAIN=N,…', help: 'several queues for destinations with very much mail' },
  'retry-first-seconds': { type: 'string', value: 'SECONDS', help: 'pause before the second delivery attempt' },
  'no-demo': { type: 'boolean', help: 'do not make the demonstration domain on an empty data directory' },
  verbose: { type: 'boolean', help: 'log more' },
} as const satisfies FlagTable

export const usage = [
  'facteur start [FLAGS]   run the whole server on this machine',
  '',
  ...describeFlags(flagTable),
  '',
  'Each flag can be given as an environment variable: --mx-port is FACTEUR_MX_PORT. A port of 0 is any free one.',
].join('\n')

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(flagTable, argv, process.env)
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is not understood; --help lists the flags.`)
  const options = localOptions(flags)
  const log = lineLog(
    linePrinter((text) => void process.stderr.write(text)),
    flags.verbose ? 'debug' : 'info',
  )
  for (const name of Object.keys(reservedPorts) as (keyof typeof reservedPorts)[]) {
    if (flags[name] !== undefined)
      console.error(`facteur start: nothing listens on --${name}: this version does not serve it.`)
  }
  const stopped = stopSignal()
  let server: LocalServer
  try {
    server = await startLocal(options, log)
  } catch (error) {
    if (error instanceof LocalHostError || error instanceof BridgeConfigurationError) {
      throw new UsageError(error.message, { cause: error })
    }
    throw error
  }
  console.log(announcement(server))
  await stopped
  await server.stop()
  return 0
}

function stsMode(value: string | undefined): string | undefined {
  if (value === undefined || ['enforce', 'testing', 'none'].includes(value)) return value
  throw new UsageError('--mta-sts must be enforce, testing or none.')
}

function localOptions(flags: FlagValues<typeof flagTable>): LocalOptions {
  const certificate = certificateFiles(flags['tls-cert'], flags['tls-key'])
  const given = {
    publicUrl: flags['public-url'],
    traceDays: flags['trace-days'],
    rspamd: flags.rspamd,
    clientAddressHeader: flags['client-address-header'],
    recipientsPerHour: flags['recipients-per-hour'],
    recipientsPerDay: flags['recipients-per-day'],
    doh: flags.doh,
    mxNames: flags['mx-names'],
    mtaSts: stsMode(flags['mta-sts']),
    mtaStsDays: flags['mta-sts-days'],
    smarthost: flags.smarthost,
    srs: flags.srs,
    webhooksToPrivate: flags['webhooks-to-private'],
    relayToPrivate: flags['relay-to-private'],
    certificate,
    maxMessageSize: flags['max-message-size'],
    delayNoticeHours: hours('--delay-notice-hours', flags['delay-notice-hours']),
    queueLifetimeHours: hours('--queue-lifetime-hours', flags['queue-lifetime-hours']),
    queueShards: flags['queue-shards'],
    firstRetrySeconds: hours('--retry-first-seconds', flags['retry-first-seconds']),
    defaultDomain: flags['default-domain'],
    verification: {
      dmarc: flags.dmarc,
      'dmarc-reports': flags['dmarc-reports'],
      'trusted-networks': flags['trusted-networks'],
      'authserv-id': flags['authserv-id'],
      'trusted-sealers': flags['trusted-sealers'],
    },
    screening: {
      dnsbl: flags.dnsbl,
      dnswl: flags.dnswl,
      greylist: flags.greylist,
      'client-rates': flags['client-rates'],
    },
  }
  return {
    data: flags.data,
    host: flags.host,
    ports: {
      http: flags.http,
      smtp: flags.smtp,
      submission: flags.submission,
      submissions: flags.submissions,
      imap: flags.imap,
      imaps: flags.imaps,
      pop3: flags.pop3,
      pop3s: flags.pop3s,
    },
    hostname: flags.hostname ?? machineName(),
    mxPort: flags['mx-port'],
    demo: !flags['no-demo'],
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<LocalOptions>),
  }
}

function certificateFiles(certFile: string | undefined, keyFile: string | undefined) {
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined || keyFile === undefined) throw new UsageError('--tls-cert and --tls-key go together.')
  return { certFile, keyFile }
}

function hours(flag: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (!(number > 0)) throw new UsageError(`${flag} must be a number above 0, not "${value}".`)
  return number
}
