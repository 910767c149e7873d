import { administration, type AdminPorts } from '../../../src/access/admin/index.ts'
import { MemoryDns } from '../../../src/host/memory/dns.ts'
import { memorySql } from '../../../src/host/memory/sql.ts'
import { ListStore } from '../../../src/lists/index.ts'
import { ReceivedStore } from '../../../src/reports/index.ts'
import { type DomainAlias, DomainStore, makeMask, RegistryStore, compileRules } from '../../../src/routing/index.ts'
import { TraceStore } from '../../../src/trace/index.ts'

/** The house in memory: real address books, and accounts that only know whether they exist. */
export function house(
  options: { failing?: 'account' | 'registry'; tls?: AdminPorts['tls']; outside?: AdminPorts['outside'] } = {},
) {
  const registry = new RegistryStore(memorySql())
  const domains = new Map<string, DomainStore>()
  const accounts = new Map<string, { address: string; password: string; quota?: number | undefined }>()
  const dns = new MemoryDns()
  let count = 0
  let throws = 0

  function book(name: string): DomainStore {
    let store = domains.get(name)
    if (store === undefined) domains.set(name, (store = new DomainStore(memorySql())))
    return store
  }

  const days = new Map<string, TraceStore>()

  function traces(day: string): TraceStore {
    let store = days.get(day)
    if (store === undefined) days.set(day, (store = new TraceStore(memorySql())))
    return store
  }

  const lists = new Map<string, ListStore>()
  const books = new Map<string, ReceivedStore>()

  function received(domain: string): ReceivedStore {
    let store = books.get(domain)
    if (store === undefined) books.set(domain, (store = new ReceivedStore(memorySql())))
    return store
  }

  const ports: AdminPorts = {
    now: () => 1_700_000_000_000,
    newAccountId: () => `a${++count}`,
    newListId: () => `l${++count}`,
    newWebhookSecret: () => `whsec_${btoa(`secret ${++count}`)}`,
    plainWebhooks: false,
    newPassword: () => 'made-for-you',
    registry: {
      domains: async () => registry.domains().map(({ domain, created }) => ({ name: domain, created })),
      addDomain: async (name) => void registry.addDomain(name, 1),
      removeDomain: async (name) => registry.removeDomain(name),
      accounts: async (domain) =>
        registry
          .accounts(domain === undefined ? {} : { domain })
          .map(({ accountId, address, created }) => ({ id: accountId, address, created })),
      addAccount: async ({ id, address, created }) => {
        if (options.failing === 'registry') throw new Error('the registry is down')
        registry.addAccount({ accountId: id, address, created })
      },
      removeAccount: async (id) => registry.removeAccount(id),
      waiting: async () => [],
      routes: async () => registry.routes(),
      setRoute: async (route) => registry.setRoute(route),
      removeRoute: async (recipient, sender) => registry.removeRoute(recipient, sender),
    },
    domain: (name) => ({
      isHosted: async () => book(name).domain !== undefined,
      host: async () => book(name).host(name),
      unhost: async () => book(name).unhost(),
      bindAccount: async (localPart, id) => book(name).addAccount(localPart, id),
      unbindAccount: async (localPart) => book(name).removeAccount(localPart),
      accountOf: async (localPart) =>
        book(name)
          .accounts()
          .find(({ address }) => address === `${localPart}@${name}`)?.accountId,
      webhooks: async () => book(name).webhooks?.all() ?? [],
      setWebhook: async (hook, settings, secret) =>
        book(name).webhooks?.set(hook, settings, secret, ports.now()) ?? false,
      rotateWebhook: async (hook, secret) => book(name).webhooks?.rotate(hook, secret, ports.now()) ?? false,
      stopWebhook: async (hook) => book(name).webhooks?.stop(hook, ports.now()),
      removeWebhook: async (hook) => book(name).webhooks?.remove(hook) ?? false,
      rules: async () => book(name).rules(),
      setRules: async (rules, expected) => book(name).setRules(rules, ports.now(), expected),
      aliases: async () =>
        book(name)
          .aliases()
          .map((alias: DomainAlias) => ({ ...alias, address: `${alias.localPart}@${name}` })),
      setAlias: async (localPart, targets) => book(name).setAlias(localPart, targets),
      deleteAlias: async (localPart) => book(name).removeAlias(localPart),
      lists: async () => book(name).lists(),
      list: async (localPart) => book(name).list(localPart),
      setList: async (localPart, listId, owners) => book(name).setList(localPart, listId, owners),
      removeList: async (localPart) => book(name).removeList(localPart),
      masks: async (accountId) => book(name).masks?.of(accountId) ?? [],
      makeMask: async (accountId, mask) =>
        makeMask(book(name), accountId, mask, ports.now(), (below) => (throws++ * 7_919) % below),
      updateMask: async (accountId, mask) => book(name).masks?.update(accountId, mask),
      signingKeys: async () => book(name).signingKeys?.list(),
      addSigningKeys: async (keys, state) => book(name).signingKeys?.add(keys, state, ports.now()),
      activateSigningKeys: async () => void book(name).signingKeys?.activate(ports.now()),
      retireSigningKeys: async () => book(name).signingKeys?.retireAll(ports.now()),
    }),
    directory: {
      lookup: async (domain, localPart) => book(domain).lookup(localPart),
      rules: async (domain) => {
        const { rules, separator } = book(domain).rules()
        return { rules: compileRules(rules), separator }
      },
    },
    account: (id) => ({
      create: async ({ address, password }) => {
        if (options.failing === 'account') throw new Error('the account cannot be made')
        accounts.set(id, { address, password })
      },
      setPassword: async (password) => void Object.assign(accounts.get(id) as object, { password }),
      addToken: async () => ({ id: '1', token: `fct_${id}_x` }),
      tokens: async () => [],
      deleteToken: async () => false,
      usage: async () => ({ messages: 0, bytes: 0, rowsWritten: 0 }),
      setQuota: async (quota) => void Object.assign(accounts.get(id) as object, { quota }),
      destroy: async () => void accounts.delete(id),
      suppressions: async () => [],
      unsuppress: async () => false,
      setLanguage: async (language) => void Object.assign(accounts.get(id) as object, { language }),
      setSendLimits: async () => {},
    }),
    tryWebhook: async (_, name) => (name === 'broken' ? { problem: 'shop.test answered HTTP 500' } : {}),
    randomText: (length) => 'abcdefgh'.slice(0, length),
    hostname: 'mail.facteur.test',
    web: 'www.facteur.test',
    outside: options.outside ?? {
      smarthosts: new Map(),
      emailService: false,
      bridge: true,
      usual: ['mx'],
      toPrivate: false,
    },
    tls: options.tls ?? { mxNames: ['mail.facteur.test'] },
    dns: { resolve: async (name, type) => dns.resolve(name, type) },
    crypto: crypto.subtle,
    traceDays: 7,
    trace: (day) => ({
      find: async (id) => traces(day).find([id]),
      search: async (search) => traces(day).search(search),
      counters: async () => traces(day).counters(),
    }),
    reports: (domain) => ({
      list: async (search) => received(domain).list(search),
      sources: async (search) => received(domain).sources(search),
      forget: async () => void books.delete(domain),
      show: async (id) => received(domain).show(id),
    }),
    list: (id) => memoryList(lists, id),
    queue: () => {
      throw new Error('not asked for')
    },
  }
  return { admin: administration(ports), accounts, book, registry, dns, traces, received, lists }
}

function memoryList(lists: Map<string, ListStore>, id: string): ReturnType<AdminPorts['list']> {
  const store = lists.get(id) ?? new ListStore(memorySql())
  lists.set(id, store)
  return {
    settings: async () => store.settings ?? null,
    configure: async (settings) => store.set(settings),
    members: async (after, limit) => store.members(after, limit),
    memberCount: async () => store.count(),
    addMembers: async (addresses) => addresses.filter((address) => !store.add(address, 'secret0000000000', 1)),
    removeMember: async (address) => {
      const member = store.memberAt(address)
      if (member !== undefined) store.remove(member.id)
      return member !== undefined
    },
    posts: async () => store.posts(),
    unsubscribe: async (token) => {
      const member = store.memberOf(token)
      if (member !== undefined) store.remove(member.id)
      return member !== undefined
    },
    destroy: async () => void lists.delete(id),
  }
}
