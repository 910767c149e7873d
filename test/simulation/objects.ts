/**
 * The Worker's own classes, as deployed. They import `cloudflare:workers`, which `runtime.ts` replaces, and have types of
 * another runtime: hence imported by a name that the compiler does not follow.
 */
import type { Reply } from '../../src/protocol/smtp/index.ts'
import type { ObjectInstance } from './durable-object.ts'

type ObjectClass = new (context: object, env: object) => ObjectInstance

export interface Workers {
  QUEUE: ObjectClass
  DOMAIN: ObjectClass
  ACCOUNT: ObjectClass
  REGISTRY: ObjectClass
  LIST: ObjectClass
  arrivalPorts(env: object): object
  LinkOperations: new (ports: object) => {
    perform(head: object, body: readonly Uint8Array[]): Promise<{ reply?: Reply }>
  }
  /** What the isolate remembers. */
  forgetDirectory(): void
  forgetReturnPaths(): void
}

async function load(file: string): Promise<Record<string, unknown>> {
  return (await import(new URL(`../../src/host/workers/${file}`, import.meta.url).href)) as Record<string, unknown>
}

const [queue, domain, account, registry, list, paths, arrival, operations, directory] = await Promise.all([
  load('queue-object.ts'),
  load('domain-object.ts'),
  load('account-object.ts'),
  load('registry-object.ts'),
  load('list-object.ts'),
  load('return-paths.ts'),
  load('arrival-ports.ts'),
  load('link/operations.ts'),
  load('directory-client.ts'),
])

export const workers = {
  QUEUE: queue.QueueObject,
  DOMAIN: domain.DomainObject,
  ACCOUNT: account.AccountObject,
  REGISTRY: registry.RegistryObject,
  LIST: list.ListObject,
  forgetReturnPaths: paths.forgetReturnPaths,
  arrivalPorts: arrival.arrivalPorts,
  LinkOperations: operations.LinkOperations,
  forgetDirectory: directory.forgetDirectory,
} as Workers
