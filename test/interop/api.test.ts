/**
 * The HTTP API as a program meets it: a client that is made from the served description drives the whole server.
 */
import { Validator } from '@seriousme/openapi-schema-validator'
import { type AxiosResponse, type OpenAPIClient, OpenAPIClientAxios } from 'openapi-client-axios'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { run as auditCommand } from '../../src/cli/command/audit.ts'
import { run as tokenCommand } from '../../src/cli/command/token.ts'
import { type RunningFacteur, startFacteur } from './server.ts'

let server: RunningFacteur
let administrator: OpenAPIClient

async function clientOf(token: string): Promise<OpenAPIClient> {
  const api = new OpenAPIClientAxios({
    definition: `${server.url}/v1/openapi.json`,
    axiosConfigDefaults: { headers: { Authorization: `Bearer ${token}` }, validateStatus: () => true },
  })
  return api.init()
}

/** By the id that the description gives the operation. */
async function call(client: OpenAPIClient, operation: string, parameters = {}, body?: unknown): Promise<AxiosResponse> {
  const method = client[operation]
  if (method === undefined) throw new Error(`the description has no ${operation}`)
  return method(parameters, body)
}

/** What a command prints. */
async function printed(
  command: (argv: readonly string[]) => Promise<number>,
  argv: readonly string[],
): Promise<string> {
  const lines: string[] = []
  const { log } = console
  console.log = (line: string) => void lines.push(line)
  try {
    expect(await command([...argv, '--data', server.data])).toBe(0)
  } finally {
    console.log = log
  }
  return lines.join('\n')
}

beforeAll(async () => {
  server = await startFacteur({ flags: ['--client-address-header', 'X-Real-IP'] })
  administrator = await clientOf(server.adminToken)
})

afterAll(async () => {
  await server?.stop()
})

describe('the description', () => {
  it('is a valid OpenAPI 3.1 document', async () => {
    const document = (await (await fetch(`${server.url}/v1/openapi.json`)).json()) as Record<string, unknown>
    const { valid, errors } = await new Validator().validate(document)
    expect(errors ?? []).toEqual([])
    expect(valid).toBe(true)
  })
})

describe('the command line', () => {
  it('makes tokens, lists them, revokes them, and shows who changed what', async () => {
    const made = JSON.parse(
      await printed(tokenCommand, ['add', 'shop', '--scope', 'domains:read', '--domain', 'facteur.test', '--json']),
    ) as { id: string; token: string }
    const client = await clientOf(made.token)
    expect((await call(client, 'getDomains')).data).toMatchObject([{ name: 'facteur.test' }])
    expect((await call(client, 'getQueues')).status).toBe(403)
    expect(await printed(tokenCommand, ['list'])).toMatch(/shop +facteur\.test +for good +used .* +domains:read/)
    await printed(tokenCommand, ['remove', made.id])
    expect((await call(client, 'getDomains')).status).toBe(401)
    const log = await printed(auditCommand, ['list'])
    expect(log).toMatch(/administrator +\S+ \(facteur-cli\) +POST +\/tokens name="shop"/)
    expect(log).toContain(`/tokens/${made.id}`)
    expect(log).not.toContain(made.token)
  })
})

describe('the audit log', () => {
  it('says from where, as the proxy in front does', async () => {
    const headers = { Authorization: `Bearer ${server.adminToken}`, 'X-Real-IP': '192.0.2.77' }
    const body = JSON.stringify({ targets: ['bob@facteur.test'] })
    await fetch(`${server.url}/v1/aliases/from@facteur.test`, { method: 'PUT', headers, body })
    const { data } = await call(administrator, 'getAudit', { limit: 1 })
    expect(data).toMatchObject([{ target: '/aliases/from@facteur.test', from: '192.0.2.77', who: 'administrator' }])
  })
})

describe('a generated client', () => {
  it('makes a domain, an account and an alias, and removes them', async () => {
    expect((await call(administrator, 'postDomains', {}, { name: 'made.test' })).status).toBe(201)
    const account = { address: 'anna@made.test', password: 'long enough for anna' }
    expect((await call(administrator, 'postAccounts', {}, account)).status).toBe(201)
    await call(administrator, 'putAliasesAddress', { address: 'info@made.test' }, { targets: ['anna@made.test'] })
    expect((await call(administrator, 'getDomainsDomainAliases', { domain: 'made.test' })).data).toEqual([
      { address: 'info@made.test', targets: ['anna@made.test'] },
    ])
    expect((await call(administrator, 'deleteDomainsDomain', { domain: 'made.test' })).status).toBe(409)
    expect((await call(administrator, 'deleteAccountsAddress', { address: 'anna@made.test' })).status).toBe(204)
    expect((await call(administrator, 'deleteDomainsDomain', { domain: 'made.test' })).status).toBe(204)
  })
})

describe('a program from the first request to the last', () => {
  it('gets a domain, an account and a token; sends, reads, and sees what became of it', async () => {
    await call(administrator, 'postDomains', {}, { name: 'shop.test' })
    await call(administrator, 'postAccounts', {}, { address: 'orders@shop.test', name: 'Orders' })
    const granted = { name: 'shop', scopes: ['messages:send', 'messages:read'], domains: ['shop.test'] }
    const { data: made } = await call(administrator, 'postTokens', {}, granted)
    const program = await clientOf((made as { token: string }).token)

    const rules = [{ name: 'copies', when: { subaddress: 'copy' }, do: { tag: ['order'] } }]
    expect((await call(administrator, 'putDomainsDomainRules', { domain: 'shop.test' }, { rules })).status).toBe(200)

    const message = {
      from: 'Orders <orders@shop.test>',
      to: ['Bob <bob@facteur.test>', 'orders+copy@shop.test'],
      subject: 'Your order',
      text: 'It is on its way.',
      html: '<p>It is on its way.</p>',
      attachments: [{ filename: 'order.txt', type: 'text/plain', content: btoa('one of each') }],
    }
    const key = { 'Idempotency-Key': 'order-1' }
    const sent = await call(program, 'postMessages', key, message)
    const again = await call(program, 'postMessages', key, message)
    expect([sent.status, again.status]).toEqual([202, 202])
    expect(again.data).toEqual(sent.data)
    expect(again.headers['idempotency-replayed']).toBe('true')
    const { id, recipients } = sent.data as { id: string; recipients: unknown }
    expect(recipients).toEqual([
      { address: 'bob@facteur.test', status: 'delivered' },
      { address: 'orders+copy@shop.test', status: 'delivered' },
    ])

    const inbox = await call(program, 'getAccountsAddressMessages', { address: 'orders@shop.test' })
    const listed = inbox.data as { id: string; subject: string }[]
    expect(listed.map(({ subject }) => subject)).toEqual(['Your order'])
    const one = { address: 'orders@shop.test', id: listed[0]?.id }
    const { data: read } = await call(program, 'getAccountsAddressMessagesId', one)
    expect(read).toMatchObject({
      keywords: ['order'],
      text: 'It is on its way.',
      attachments: [{ filename: 'order.txt' }],
    })
    const { attachments } = read as { attachments: { id: string }[] }
    const file = { ...one, attachment: attachments[0]?.id }
    expect((await call(program, 'getAccountsAddressMessagesIdAttachmentsAttachment', file)).data).toBe('one of each')
    const raw = (await call(program, 'getAccountsAddressMessagesIdRaw', one)).data as string
    expect(raw).toMatch(/^Subject: Your order\r$/m)

    await vi.waitFor(
      async () =>
        expect((await call(program, 'getMessagesId', { id })).data).toMatchObject({
          status: 'sent',
          recipients: [{ status: 'delivered' }, { status: 'delivered' }],
          steps: [{ type: 'arrived', size: expect.any(Number) }, { type: 'placed' }, { type: 'placed' }],
        }),
      { interval: 50, timeout: 5_000 },
    )
    expect((await call(program, 'getAccountsAddressMessages', { address: 'bob@facteur.test' })).status).toBe(403)
    expect((await call(program, 'deleteMessagesId', { id })).status).toBe(409)
  })

  it('sees how much there is', async () => {
    const { data } = await call(administrator, 'getUsage')
    const usage = data as { domains: number; accounts: number; arrivals: { accepted: number } }
    expect(usage.domains).toBeGreaterThan(1)
    expect(usage.accounts).toBeGreaterThan(2)
    expect(usage.arrivals.accepted).toBeGreaterThan(0)
  })

  it('hears what is wrong, by its place', async () => {
    const { data: made } = await call(administrator, 'postTokens', {}, { name: 'x', scopes: ['messages:send'] })
    const program = await clientOf((made as { token: string }).token)
    const refused = await call(program, 'postMessages', {}, { from: 'alice@facteur.test', to: ['nobody'], txt: '' })
    expect(refused.data).toMatchObject({
      status: 400,
      errors: [{ pointer: '#/txt', detail: 'is not known here' }],
    })
    const { data } = await call(program, 'getAccountsAddressMessages', { address: 'alice@facteur.test' })
    expect(data).toMatchObject({ status: 403, scope: 'messages:read' })
  })
})
