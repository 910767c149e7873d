/**
 * What a queue's object knows of TLS with its destination: the MTA-STS policy in force, and the counts for reports.
 */
import type { ArrivalPorts } from '../../arrival/index.ts'
import { reportThrough } from '../../arrival/index.ts'
import { StsPolicies, TlsReporter } from '../../delivery/index.ts'
import type { DnsResolver } from '../../protocol/dns/index.ts'
import type { Queue } from '../../queue/index.ts'
import type { Env } from './env.ts'
import { log } from './log.ts'
import { settingsOf } from './settings.ts'
import { fetchStsPolicy, postTlsReport } from './web-client.ts'

export interface QueueTls {
  readonly sts: StsPolicies
  readonly reporter: TlsReporter
}

/** `first`: the queue that reports for all of the destination's, where it is not this one. `queue` keeps the texts; it is asked for when they are needed, since it is made after this. */
export function queueTls(
  env: Env,
  domain: string,
  first: string | undefined,
  ports: ArrivalPorts,
  dns: DnsResolver,
  queue: () => Pick<Queue, 'memo' | 'setMemo'>,
  background: (work: Promise<void>) => void,
): QueueTls {
  const { hostname, defaultDomain } = settingsOf(env)
  const handOver = reportThrough(ports)
  const sts = new StsPolicies({
    dns,
    clock: () => Date.now(),
    background,
    fetchPolicy: (host) => fetchStsPolicy(env, host),
    memory: {
      get: (name) => queue().memo(`mta-sts ${name}`),
      set: (name, text) => queue().setMemo(`mta-sts ${name}`, text),
    },
  })
  const reporter = new TlsReporter({
    domain,
    dns,
    clock: () => Date.now(),
    memory: { get: () => queue().memo('tls-rpt'), set: (text) => queue().setMemo('tls-rpt', text) },
    ...(first === undefined ? {} : { forward: async (days) => env.QUEUE.getByName(first).noteTls(days) }),
    gzip: async (bytes) => {
      const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))
      return new Uint8Array(await new Response(compressed).arrayBuffer())
    },
    async mail(raw, to) {
      const recipients = [{ address: to, notify: ['NEVER' as const] }]
      const { code } = await handOver(raw, { reversePath: '', recipients, smtputf8: false, body: '7BIT' })
      return code < 300
    },
    post: (url, body) => postTlsReport(env, url, body),
    hostname,
    from: `postmaster@${defaultDomain ?? hostname}`,
    log: (event, facts) => log('info', event, facts),
  })
  return { sts, reporter }
}
