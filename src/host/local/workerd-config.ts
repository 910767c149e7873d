/**
 * workerd's configuration for one machine, as Cap'n Proto text: one Worker, its objects on disk, the pages, one socket.
 *
 * What is secret does not stand in it: the Worker's variables come from the environment of workerd's process.
 *
 * Limits: file names that workerd can be told are those in UTF-8 without control characters.
 */

/** The same as in wrangler.toml; a test compares them. */
export const compatibilityDate = '2026-11-17'
export const objectClasses = {
  ACCOUNT: 'AccountObject',
  DOMAIN: 'DomainObject',
  QUEUE: 'QueueObject',
  REGISTRY: 'RegistryObject',
  TRACE: 'TraceObject',
  API: 'ApiObject',
  GREYLIST: 'GreylistObject',
  DMARC: 'DmarcObject',
  REPORT: 'ReportObject',
  LIST: 'ListObject',
} as const

/** The socket's name, in the configuration and in what workerd reports when it listens. */
export const socketName = 'http'
/** That of the bridge's own way in. */
const bridgeSocketName = 'bridge'

/**
 * Each function is compiled when it is first called: one machine's mail is seldom so much that V8 would soon do it by
 * itself. The first 300 commands of a kind take a tenth to a third less CPU time, the start 20 ms more.
 */
const v8Flags = ['--always-sparkplug']

export interface WorkerdConfiguration {
  /** Where HTTP is served: `127.0.0.1:8080`, `[::1]:8080`. */
  readonly address: string
  /** A file name: where the same is served to the bridge. */
  readonly bridgeSocket?: string
  /** The bundled Worker, relative to the configuration. */
  readonly script: string
  /** Absolute: the directory of the objects' SQLite files. */
  readonly objects: string
  /** Absolute: the directory of the static pages. */
  readonly pages: string
  /** What the pages are served with: the text of their `_headers`. */
  readonly pageHeaders: string
  /** Names of the Worker's variables, each in the environment under the same name. */
  readonly variables: readonly string[]
  /** Roots (PEM) that the Worker trusts beside the known ones. */
  readonly trusted?: readonly string[]
}

/** The text of the configuration; its constant is `config`. */
export function workerdConfiguration(configuration: WorkerdConfiguration): string {
  const { address, bridgeSocket, script, objects, pages, pageHeaders, variables, trusted = [] } = configuration
  const classes = Object.entries(objectClasses)
  const bindings = [
    ...variables.map((name) => `(name = ${quote(name)}, fromEnvironment = ${quote(name)})`),
    ...classes.map(([binding, name]) => `(name = ${quote(binding)}, durableObjectNamespace = ${quote(name)})`),
    `(name = "ASSETS", service = (name = "pages", entrypoint = "AssetWorker"))`,
    `(name = "OUTSIDE", service = "outside")`,
  ]
  // The unique key is part of every object's id and of its place on disk: it must never change.
  const namespaces = classes.map(
    ([, name]) => `(className = ${quote(name)}, uniqueKey = ${quote(`facteur-${name}`)}, enableSql = true)`,
  )
  const worker = [
    `modules = [(name = "worker.js", esModule = embed ${quote(script)})]`,
    `compatibilityDate = ${quote(compatibilityDate)}`,
    `bindings = ${list(bindings)}`,
    `durableObjectNamespaces = ${list(namespaces)}`,
    `durableObjectStorage = (localDisk = "objects")`,
  ]
  const assets = [
    `path = ${quote(pages)}`,
    `config = ${quote(JSON.stringify({ headers: pageHeaders }))}`,
    `compatibilityDate = ${quote(compatibilityDate)}`,
  ]
  const services = [
    `(name = "facteur", worker = (\n      ${worker.join(',\n      ')}\n    ))`,
    `(name = "objects", disk = (path = ${quote(objects)}, writable = true))`,
    `(name = "pages", assets = (${assets.join(', ')}))`,
    // The bridge's egress and a resolver of the operator's may be on this machine or in its network.
    network('internet', ['public', 'private'], trusted),
    // For addresses that others name. Checks what is really connected to, whatever name it was found by.
    network('outside', ['public']),
  ]
  const addresses = { ...(bridgeSocket && { [bridgeSocketName]: `unix:${bridgeSocket}` }), [socketName]: address }
  const sockets = Object.entries(addresses).map(
    ([name, at]) => `(name = ${quote(name)}, address = ${quote(at)}, http = (), service = "facteur")`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = ${list(services)},
  sockets = ${list(sockets)},
  v8Flags = ${list(v8Flags.map(quote))},
  logging = (structuredLogging = true)
);
`
}

function network(name: string, allow: readonly string[], trusted: readonly string[] = []): string {
  const allowed = allow.map(quote).join(', ')
  const roots = trusted.map((pem) => quote(pem.replaceAll('\r', ''))).join(', ')
  const tls = `trustBrowserCas = true${roots === '' ? '' : `, trustedCertificates = [${roots}]`}`
  return `(name = ${quote(name)}, network = (allow = [${allowed}], tlsOptions = (${tls})))`
}

function list(items: readonly string[]): string {
  return `[\n    ${items.join(',\n    ')}\n  ]`
}

/** A text literal of the schema language: as in C. */
function quote(text: string): string {
  const escaped = text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(escaped)) throw new Error('control characters cannot stand in the configuration')
  return `"${escaped}"`
}
