import { createExecutionContext } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { formatStsPolicy } from '../../../src/format/index.ts'
import { handleRequest } from '../../../src/host/workers/index.ts'
import { bindings, furnish } from './house.ts'

beforeAll(async () => {
  await furnish('facteur.test', ['alice'])
})

const policed = { ...bindings, FACTEUR_MTA_STS: 'enforce', FACTEUR_MX_NAMES: 'mx1.facteur.test' }

function get(host: string, env = policed, path = '/.well-known/mta-sts.txt'): Promise<Response> {
  return Promise.resolve(handleRequest(new Request(`https://${host}${path}`), env, createExecutionContext()))
}

describe('our MTA-STS policy (RFC 8461 §3.2)', () => {
  it('is served for a hosted domain, under its policy host', async () => {
    const response = await get('mta-sts.facteur.test')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await response.text()).toBe(
      formatStsPolicy({ mode: 'enforce', mx: ['mx1.facteur.test'], maxAge: 7 * 86_400 }),
    )
  })

  it.each([
    ['a domain that is not ours', 'mta-sts.elsewhere.test'],
    ['the domain itself', 'facteur.test'],
    ['a name below the policy host', 'x.mta-sts.facteur.test'],
    ['no domain', 'mta-sts.localhost'],
  ])('is not there for %s', async (_, host) => expect((await get(host)).status).toBe(404))

  it('is not there while the operator has set none', async () => {
    expect((await get('mta-sts.facteur.test', { ...bindings } as typeof policed)).status).toBe(404)
  })
})
