/**
 * `facteur bridge`: only the sockets. The Worker runs elsewhere, on Cloudflare for example.
 */
import { hostname as machineName } from 'node:os'
import { BridgeConfigurationError, lineLog, startBridge, type Bridge } from '../../host/bridge/node/index.ts'
import { UsageError } from '../failure.ts'
import { describeFlags, parseFlags, type FlagTable } from '../flags.ts'
import { linePrinter } from '../line-printer.ts'
import { stopSignal } from '../stop-signal.ts'
import { table } from '../table.ts'

const flagTable = {
  worker: { type: 'string', value: 'URL', help: 'the Worker, for example https://facteur.example.workers.dev' },
  host: { type: 'string', default: '::', value: 'ADDRESS', help: 'address to listen on' },
  smtp: { type: 'port', default: 25, help: 'mail from other servers' },
  submission: { type: 'port', default: 587, help: 'mail from apps, STARTTLS' },
  submissions: { type: 'port', default: 465, help: 'mail from apps, TLS' },
  imap: { type: 'port', default: 143, help: 'IMAP, STARTTLS' },
  imaps: { type: 'port', default: 993, help: 'IMAP, TLS' },
  pop3: { type: 'port', default: 110, help: 'POP3, STARTTLS' },
  pop3s: { type: 'port', default: 995, help: 'POP3, TLS' },
  'egress-host': { type: 'string', default: '127.0.0.1', value: 'ADDRESS', help: 'address of the egress listener' },
  egress: { type: 'port', default: 8025, help: 'where the Worker hands over outgoing mail (put HTTPS in front)' },
  hostname: { type: 'string', value: 'NAME', help: "this server's name; the MX record points to it" },
  'tls-cert': { type: 'string', value: 'FILE', help: 'certificate chain, PEM' },
  'tls-key': { type: 'string', value: 'FILE', help: 'its private key, PEM' },
  'tls-dir': { type: 'string', default: 'facteur-tls', value: 'DIR', help: 'where a self-signed certificate is kept' },
  'proxy-protocol': { type: 'boolean', help: 'a load balancer in front sends the PROXY protocol' },
  verbose: { type: 'boolean', help: 'log more' },
} as const satisfies FlagTable

export const usage = [
  'facteur bridge --worker URL [FLAGS]   TCP and TLS for a Worker that runs elsewhere',
  '',
  'FACTEUR_BRIDGE_SECRET must hold the secret that the Worker has.',
  '',
  ...describeFlags(flagTable),
].join('\n')

const DRAIN_MS = 30_000

export async function run(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = parseFlags(flagTable, argv, process.env)
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is not understood; --help lists the flags.`)
  if (flags.worker === undefined || !URL.canParse(flags.worker))
    throw new UsageError('--worker must be the URL of the Worker.')
  const secret = process.env['FACTEUR_BRIDGE_SECRET']
  if (secret === undefined || secret === '') throw new UsageError('FACTEUR_BRIDGE_SECRET must be set.')
  if ((flags['tls-cert'] === undefined) !== (flags['tls-key'] === undefined)) {
    throw new UsageError('--tls-cert and --tls-key go together.')
  }
  const { host, 'proxy-protocol': proxyProtocol } = flags
  const hostname = flags.hostname ?? machineName()
  const stopped = stopSignal()
  let bridge: Bridge
  try {
    bridge = await startBridge({
      workerUrl: flags.worker.replace(/\/+$/, ''),
      secret,
      hostname,
      tls:
        flags['tls-cert'] !== undefined && flags['tls-key'] !== undefined
          ? { certFile: flags['tls-cert'], keyFile: flags['tls-key'] }
          : { directory: flags['tls-dir'], hostname },
      listeners: {
        smtp: { host, port: flags.smtp, proxyProtocol },
        submission: { host, port: flags.submission, proxyProtocol },
        submissions: { host, port: flags.submissions, proxyProtocol },
        imap: { host, port: flags.imap, proxyProtocol },
        imaps: { host, port: flags.imaps, proxyProtocol },
        pop3: { host, port: flags.pop3, proxyProtocol },
        pop3s: { host, port: flags.pop3s, proxyProtocol },
        egress: { host: flags['egress-host'], port: flags.egress },
      },
      log: lineLog(
        linePrinter((text) => void process.stderr.write(text)),
        flags.verbose ? 'debug' : 'info',
      ),
    })
  } catch (error) {
    if (error instanceof BridgeConfigurationError) throw new UsageError(error.message, { cause: error })
    throw error
  }
  const rows = Object.entries(bridge.addresses).map(([name, address]) => [
    `  ${name}`,
    `${address.address}:${address.port}`,
  ])
  console.log(`facteur is ready: bridge for ${flags.worker}\n${table(rows)}`)
  await stopped
  await bridge.close({ drainMs: DRAIN_MS })
  return 0
}
