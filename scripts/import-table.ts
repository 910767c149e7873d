/**
 * The one table of who may import whom. `npm test` enforces it; `npm run rooms` prints it into src/README.md.
 */

export interface Room {
  /** Folder below src (or a file, for the entry). */
  readonly path: string
  /** What it is about, in a few words. */
  readonly about: string
  /** Rooms it may import, by path. */
  readonly imports: readonly string[]
  /** npm packages and built-in modules it may import: exact names, or prefixes that end with `:`. */
  readonly packages: readonly string[]
}

const authentication = ['protocol/dkim', 'protocol/spf', 'protocol/dmarc', 'protocol/arc']
const engines = [
  'protocol/smtp',
  'protocol/sasl',
  'protocol/imap',
  'protocol/pop3',
  'protocol/jmap',
  'protocol/dns',
  ...authentication,
]
const core = [
  'format',
  ...engines,
  'storage',
  'trace',
  'greylist',
  'mailbox',
  'routing',
  'queue',
  'arrival',
  'delivery',
  'reports',
  'lists',
  'webhooks',
]
const access = ['access/jmap', 'access/session', 'access/imap', 'access/pop3', 'access/admin', 'access/api']

export const rooms: readonly Room[] = [
  { path: 'format', about: 'what bytes mean', imports: [], packages: [] },
  { path: 'protocol/sasl', about: 'authentication exchanges', imports: ['format'], packages: [] },
  { path: 'protocol/smtp', about: 'SMTP engines', imports: ['format', 'protocol/sasl'], packages: [] },
  { path: 'protocol/imap', about: 'IMAP wire and grammar', imports: ['format', 'protocol/sasl'], packages: [] },
  { path: 'protocol/pop3', about: 'POP3 wire and grammar', imports: ['format', 'protocol/sasl'], packages: [] },
  { path: 'protocol/jmap', about: 'JMAP requests and references', imports: ['format'], packages: [] },
  { path: 'protocol/dns', about: 'DNS messages over HTTPS', imports: ['format'], packages: ['dns-packet'] },
  { path: 'protocol/dkim', about: 'signatures of domains', imports: ['format', 'protocol/dns'], packages: [] },
  { path: 'protocol/spf', about: 'who may send for a domain', imports: ['format', 'protocol/dns'], packages: [] },
  { path: 'protocol/dmarc', about: 'what a domain asks for', imports: ['format', 'protocol/dns'], packages: [] },
  {
    path: 'protocol/arc',
    about: 'what earlier receivers found',
    imports: ['format', 'protocol/dns', 'protocol/dkim'],
    packages: [],
  },
  { path: 'storage', about: 'the SQL port and migrations', imports: [], packages: [] },
  { path: 'trace', about: 'what became of each message', imports: ['storage'], packages: [] },
  { path: 'greylist', about: 'which networks have come back', imports: ['storage'], packages: [] },
  { path: 'mailbox', about: 'the mail store of an account', imports: ['format', 'storage'], packages: [] },
  { path: 'routing', about: 'recipient to destination', imports: ['format', 'storage'], packages: [] },
  {
    path: 'queue',
    about: 'what waits for a destination',
    imports: ['format', 'storage', 'protocol/smtp', 'protocol/dns'],
    packages: [],
  },
  {
    path: 'arrival',
    about: 'a message comes in',
    imports: [
      'format',
      'protocol/smtp',
      'protocol/dns',
      ...authentication,
      'trace',
      'routing',
      'queue',
      'delivery',
      'webhooks',
    ],
    packages: [],
  },
  {
    path: 'delivery',
    about: 'agents that take a message further',
    imports: ['format', 'protocol/smtp', 'protocol/dns', 'queue', 'routing', 'mailbox'],
    packages: [],
  },
  {
    path: 'reports',
    about: 'what is told to other domains of their mail, and what they tell',
    imports: ['format', 'protocol/dns', 'protocol/dkim', 'protocol/spf', 'protocol/dmarc', 'storage', 'arrival'],
    packages: ['saxes', 'fflate'],
  },
  {
    path: 'webhooks',
    about: 'programs elsewhere that are told of messages',
    imports: ['format', 'storage', 'protocol/smtp', 'routing', 'queue'],
    packages: ['postal-mime'],
  },
  {
    path: 'lists',
    about: 'distribution lists',
    imports: ['format', 'storage', 'protocol/smtp', 'routing', 'delivery'],
    packages: [],
  },
  { path: 'access/jmap', about: 'JMAP × mailbox', imports: core, packages: [] },
  { path: 'access/session', about: 'what IMAP and POP3 sessions share', imports: core, packages: [] },
  { path: 'access/imap', about: 'IMAP × mailbox', imports: [...core, 'access/session'], packages: [] },
  { path: 'access/pop3', about: 'POP3 × mailbox', imports: [...core, 'access/session'], packages: [] },
  { path: 'access/admin', about: 'administration', imports: core, packages: [] },
  { path: 'access/api', about: 'programs × mailbox', imports: core, packages: [] },
  {
    path: 'host/bridge/link',
    about: 'the wire between bridge and Worker',
    imports: ['protocol/sasl', 'protocol/smtp'],
    packages: [],
  },
  {
    path: 'host/bridge/common',
    about: 'the bridge, on any runtime with sockets',
    imports: [...core, 'host/bridge/link'],
    packages: ['node:', 'ws', 'selfsigned'],
  },
  {
    path: 'host/bridge/node',
    about: 'the bridge on Node',
    imports: ['host/bridge/common'],
    packages: ['node:'],
  },
  {
    path: 'host/bridge/deno',
    about: 'the bridge on Deno',
    imports: ['host/bridge/node'],
    packages: [],
  },
  {
    path: 'host/http',
    about: 'the HTTP application',
    imports: [...core, ...access],
    packages: ['hono', 'hono/', 'zod/'],
  },
  {
    path: 'host/workers',
    about: 'Durable Objects and bindings',
    imports: [...core, ...access, 'host/bridge/link', 'host/http'],
    packages: ['cloudflare:', 'node:', 'hono', 'hono/'],
  },
  {
    path: 'host/local',
    about: 'one machine: workerd and the bridge',
    imports: [...core, 'host/bridge/common', 'host/bridge/node'],
    packages: ['node:', 'workerd', 'esbuild'],
  },
  { path: 'host/memory', about: 'every port in memory', imports: [...core, ...access], packages: ['node:'] },
  {
    path: 'cli',
    about: 'the facteur command',
    imports: ['format', 'host/local', 'host/bridge/node'],
    packages: ['node:'],
  },
  { path: 'worker.ts', about: "the Worker's entry", imports: ['host/workers', 'host/http'], packages: [] },
  { path: 'web', about: 'pages', imports: ['format'], packages: [] },
]

/** The table as Markdown, for src/README.md. */
export function importTableAsMarkdown(): string {
  const rows = rooms.map(
    (room) => `| \`${room.path}\` | ${room.about} | ${shorten(room.imports)} | ${list(room.packages)} |`,
  )
  return ['| room | about | may import | packages |', '|---|---|---|---|', ...rows].join('\n')
}

function shorten(imports: readonly string[]): string {
  const has = (names: readonly string[]) => names.every((name) => imports.includes(name))
  if (has(core)) return list(['(core)', ...imports.filter((name) => !core.includes(name))])
  return list(imports)
}

function list(names: readonly string[]): string {
  return names.length === 0 ? '–' : names.map((name) => (name.startsWith('(') ? name : `\`${name}\``)).join(', ')
}
