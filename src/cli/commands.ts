/**
 * The table of subcommands. Each loads its code only when it is run, so that `facteur help` and the
 * administration commands do not pay for the server.
 */

/** What a subcommand's file exports. */
export interface CommandModule {
  /** The whole help text. */
  readonly usage: string
  /** Returns the exit code; throws UsageError or OperationError. */
  readonly run: (argv: readonly string[]) => Promise<number>
}

export interface Command {
  /** One line for the overview. */
  readonly summary: string
  load(): Promise<CommandModule>
}

export const commands: Readonly<Record<string, Command>> = {
  start: { summary: 'run the whole server on this machine', load: () => import('./command/start.ts') },
  bridge: {
    summary: 'run only the bridge: TCP and TLS for a Worker that runs elsewhere',
    load: () => import('./command/bridge.ts'),
  },
  domain: { summary: 'add, list and remove mail domains', load: () => import('./command/domain.ts') },
  account: {
    summary: 'add, list and remove accounts, change passwords, make tokens',
    load: () => import('./command/account.ts'),
  },
  alias: { summary: 'set, list and remove aliases and the catch-all', load: () => import('./command/alias.ts') },
  mask: { summary: 'addresses made up for one correspondent each', load: () => import('./command/mask.ts') },
  list: { summary: 'distribution lists and who is on them', load: () => import('./command/list.ts') },
  webhook: { summary: 'programs that rules tell of messages', load: () => import('./command/webhook.ts') },
  dns: { summary: 'the records a domain needs, and whether the DNS has them', load: () => import('./command/dns.ts') },
  dkim: { summary: "see and change the keys that sign a domain's mail", load: () => import('./command/dkim.ts') },
  rule: { summary: 'where the mail of a domain goes', load: () => import('./command/rule.ts') },
  route: { summary: 'which way mail to other domains goes', load: () => import('./command/route.ts') },
  report: { summary: 'what other servers report of a domain', load: () => import('./command/report.ts') },
  trace: { summary: 'what became of a message', load: () => import('./command/trace.ts') },
  token: { summary: 'tokens for programs that use the HTTP API', load: () => import('./command/token.ts') },
  audit: { summary: 'who changed what by administration', load: () => import('./command/audit.ts') },
  queue: { summary: 'see what waits; retry, hold, release or delete it', load: () => import('./command/queue.ts') },
}
