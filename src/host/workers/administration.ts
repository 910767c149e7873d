/**
 * The administrator's ports over Durable Object stubs.
 */
import { type Administration, administration } from '../../access/admin/index.ts'
import { DirectoryClient, forgetDirectory } from './directory-client.ts'
import { readWaitingMark } from '../../queue/index.ts'
import type { Env } from './env.ts'
import { newAccountId, newListId, newPassword, newWebhookSecret, randomText } from './random.ts'
import { resolver } from './resolver.ts'
import { forgetRoutes } from './outbound-routes.ts'
import { tryWebhook } from './webhooks.ts'
import { settingsOf, usualAgents } from './settings.ts'
import { shardedQueue } from './sharded-queue.ts'
import { forgetSigningKeys } from './signer.ts'

/** One page of the registry's account list. */
const PAGE = 1_000

export function workersAdministration(env: Env): Administration {
  // A stub belongs to the request that made it, and this outlives requests: each call makes its own.
  const registry = () => env.REGISTRY.getByName('registry')
  const { hostname, publicUrl, tls, smarthosts, egress, webhooksToPrivate, relayToPrivate } = settingsOf(env)
  return administration({
    now: Date.now,
    newAccountId,
    newListId,
    newWebhookSecret,
    tryWebhook: (domain, name) => tryWebhook(env, domain, name),
    plainWebhooks: webhooksToPrivate,
    newPassword,
    randomText,
    hostname,
    web: publicUrl === undefined ? hostname : new URL(publicUrl).hostname,
    tls,
    outside: {
      smarthosts,
      emailService: env.EMAIL !== undefined,
      bridge: egress !== undefined,
      usual: usualAgents(env),
      toPrivate: relayToPrivate,
    },
    dns: resolver(env),
    crypto: crypto.subtle,
    registry: {
      domains: async () => (await registry().domains()).map(({ domain, created }) => ({ name: domain, created })),
      addDomain: async (name) => registry().addDomain(name),
      removeDomain: async (name) => registry().removeDomain(name),
      accounts: async (domain) => {
        const all = []
        for (let after = ''; ;) {
          const page = await registry().accounts({ after, limit: PAGE, ...(domain === undefined ? {} : { domain }) })
          all.push(...page.map(({ accountId, address, created }) => ({ id: accountId, address, created })))
          const last = page.at(-1)
          if (page.length < PAGE || last === undefined) break
          after = last.accountId
        }
        return all.sort((a, b) => (a.address < b.address ? -1 : 1))
      },
      addAccount: async ({ id, address, created }) => registry().addAccount({ accountId: id, address, created }),
      removeAccount: async (id) => registry().removeAccount(id),
      waiting: async () => {
        const names = await registry().waiting()
        return [...new Set(names.map(({ domain }) => readWaitingMark(domain).domain))]
      },
      routes: async () => registry().routes(),
      setRoute: (route) => changingRoutes(async () => registry().setRoute(route)),
      removeRoute: (recipient, sender) => changingRoutes(async () => registry().removeRoute(recipient, sender)),
    },
    domain: (name) => domainDoor(env, name),
    directory: new DirectoryClient(env),
    account: (id) => {
      const stub = env.ACCOUNT.getByName(id)
      return {
        create: async (facts) => stub.create(facts),
        setPassword: async (password) => stub.setPassword(password),
        addToken: async (label) => stub.addToken(label),
        tokens: async () => stub.tokens(),
        deleteToken: async (tokenId) => stub.deleteToken(tokenId),
        usage: async () => stub.usage(),
        setQuota: async (bytes) => stub.setQuota(bytes),
        destroy: async () => stub.destroy(),
        suppressions: async () => stub.suppressions(),
        unsuppress: async (address) => stub.unsuppress(address),
        setSendLimits: async (limits) => stub.setSendLimits(limits),
        setLanguage: async (language) => stub.setLanguage(language),
      }
    },
    traceDays: settingsOf(env).traceDays,
    trace: (day) => {
      const stub = env.TRACE.getByName(day)
      return {
        find: async (id) => stub.find([id]),
        search: async (search) => stub.search(search),
        counters: async () => stub.counters(),
      }
    },
    queue: (domain) => shardedQueue(env, domain),
    list: (id) => {
      const stub = env.LIST.getByName(id)
      return {
        settings: async () => stub.settings(),
        configure: async (settings) => stub.configure(settings),
        members: async (after, limit) => stub.members(after, limit),
        memberCount: async () => stub.memberCount(),
        addMembers: async (addresses) => stub.addMembers(addresses),
        removeMember: async (address) => stub.removeMember(address),
        posts: async () => stub.posts(),
        unsubscribe: async (token) => stub.unsubscribe(token),
        destroy: async () => stub.destroy(),
      }
    },
    reports: (domain) => {
      const stub = env.REPORT.getByName(domain)
      return {
        list: async (search) => stub.list(search),
        sources: async (search) => stub.sources(search),
        forget: async () => stub.forget(),
        show: async (id) => stub.show(id),
      }
    },
  })
}

function domainDoor(env: Env, name: string): ReturnType<Parameters<typeof administration>[0]['domain']> {
  const stub = env.DOMAIN.getByName(name)
  return {
    isHosted: async () => stub.isHosted(),
    host: () => changing(async () => stub.host(name)),
    unhost: () => changing(async () => stub.unhost()),
    bindAccount: (localPart, accountId, displayName) =>
      changing(async () => stub.addAccount(localPart, accountId, displayName)),
    unbindAccount: (localPart) => changing(async () => stub.removeAccount(localPart)),
    accountOf: async (localPart) => {
      const answer = await stub.lookup(localPart)
      const own = answer.kind === 'account' && answer.address === `${localPart}@${name}` && answer.mask === undefined
      return own ? answer.accountId : undefined
    },
    aliases: async () => stub.aliases(),
    webhooks: async () => stub.webhooks(),
    setWebhook: async (hook, settings, secret) => stub.setWebhook(hook, settings, secret),
    rotateWebhook: async (hook, secret) => stub.rotateWebhook(hook, secret),
    stopWebhook: async (hook) => stub.stopWebhook(hook),
    removeWebhook: async (hook) => stub.removeWebhook(hook),
    rules: async () => stub.rules(),
    setRules: async (rules, expected) => {
      try {
        return await stub.setRules([...rules], expected)
      } finally {
        forgetDirectory()
      }
    },
    setAlias: (localPart, targets) => changing(async () => stub.setAlias(localPart, [...targets])),
    deleteAlias: (localPart) => changing(async () => stub.removeAlias(localPart)),
    lists: async () => stub.lists(),
    list: async (localPart) => stub.list(localPart),
    setList: (localPart, listId, owners) => changing(async () => stub.setList(localPart, listId, [...owners])),
    removeList: (localPart) => changing(async () => stub.removeList(localPart)),
    masks: async (accountId) => (await stub.masks(accountId)).masks,
    makeMask: async (accountId, mask) => (await changing(async () => stub.makeMask(accountId, mask))) ?? undefined,
    updateMask: (accountId, mask) => changing(async () => stub.updateMask(accountId, mask)),
    signingKeys: async () => stub.signingKeys(),
    addSigningKeys: (keys, state) => changingKeys(async () => stub.addSigningKeys([...keys], state)),
    activateSigningKeys: () => changingKeys(async () => stub.activateSigningKeys()),
    retireSigningKeys: () => changingKeys(async () => stub.retireSigningKeys()),
  }
}

/** Runs a change of addresses, and empties this isolate's memory of them, so that it takes effect here at once. */
async function changing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    forgetDirectory()
  }
}

/** Runs a change of routes, and empties this isolate's memory of them. */
async function changingRoutes(work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work()
  } finally {
    forgetRoutes()
  }
}

/** Runs a change of signing keys, and empties this isolate's memory of them. */
async function changingKeys(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } finally {
    forgetSigningKeys()
  }
}
