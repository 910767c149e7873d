import { beforeAll, describe, expect, it } from 'vitest'
import { account, admin, adminToken, basic, bridgeSecret, furnish, jmap, request } from './house.ts'

let ids: Record<string, string>
const alice = basic('alice@facteur.test')

beforeAll(async () => {
  ids = await furnish('facteur.test', ['alice', 'bob'])
})

describe('JMAP over HTTP', () => {
  it('is found (RFC 8620 §2.2)', async () => {
    const response = await request('/.well-known/jmap')
    expect(response.status).toBe(307)
    expect(response.headers.get('location')).toBe('https://mail.facteur.test/jmap/session')
  })

  it.each(['/jmap', '/jmap/'])('is found at %s too, where people look', async (path) => {
    const response = await request(path)
    expect([response.status, response.headers.get('location')]).toEqual([307, 'https://mail.facteur.test/jmap/session'])
    expect((await request(path, { method: 'POST' })).status).toBe(404)
  })

  it('does not mind a slash at the end of its URLs', async () => {
    const headers = { Authorization: alice, 'Content-Type': 'application/json' }
    expect((await request('/jmap/session/', { headers })).status).toBe(200)
    const body = JSON.stringify({ using: ['urn:ietf:params:jmap:core'], methodCalls: [] })
    expect((await request('/jmap/api/', { method: 'POST', headers, body })).status).toBe(200)
    const refused = await request('/jmap/api/', { headers })
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  })

  it('does not tell an unknown login name from a wrong password', async () => {
    const answers = ['alice@facteur.test', 'nobody@facteur.test'].map(async (login) => {
      const response = await request('/jmap/session', { headers: { Authorization: basic(login, 'wrong') } })
      return [response.status, await response.json()]
    })
    const [known, unknown] = await Promise.all(answers)
    expect(unknown).toEqual(known)
  })

  it.each([
    ['https', 'https'],
    ['HTTPS, http', 'https'],
    ['http', 'http'],
    ['gopher', 'http'],
    [undefined, 'http'],
  ])('behind a proxy that says %s is told by %s URLs', async (forwarded, scheme) => {
    const headers: Record<string, string> = forwarded === undefined ? {} : { 'X-Forwarded-Proto': forwarded }
    const found = await request('http://mail.example:8080/.well-known/jmap', { headers })
    expect(found.headers.get('location')).toBe(`${scheme}://mail.example:8080/jmap/session`)
    const response = await request('http://mail.example:8080/jmap/session', {
      headers: { ...headers, Authorization: alice },
    })
    const session = await response.json<{ apiUrl: string; capabilities: Record<string, { url: string }> }>()
    expect(session.apiUrl).toBe(`${scheme}://mail.example:8080/jmap/api`)
    const socket = session.capabilities['urn:ietf:params:jmap:websocket']
    expect(socket?.url).toBe(`${scheme.replace('http', 'ws')}://mail.example:8080/jmap/ws`)
  })

  it('gives the session to Basic and to Bearer', async () => {
    const made = await admin('POST', '/accounts/alice@facteur.test/tokens', { name: 'test' })
    expect(made.status).toBe(201)
    const { token, id } = made.body as { token: string; id: string }
    expect(token).toMatch(new RegExp(`^fct_${ids.alice}_[a-z2-7]{40}$`))
    for (const authorization of [alice, `Bearer ${token}`, basic('alice@facteur.test', token)]) {
      const response = await request('/jmap/session', { headers: { Authorization: authorization } })
      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject({
        username: 'alice@facteur.test',
        apiUrl: 'https://mail.facteur.test/jmap/api',
        accounts: { [ids.alice as string]: { isPersonal: true } },
      })
    }
    expect((await admin('GET', '/accounts/alice@facteur.test/tokens')).body).toMatchObject([{ id, name: 'test' }])
    expect(await admin('DELETE', `/accounts/alice@facteur.test/tokens/${id}`)).toMatchObject({ status: 204 })
    expect((await request('/jmap/session', { headers: { Authorization: `Bearer ${token}` } })).status).toBe(401)
  })

  it.each([
    ['no credentials', undefined],
    ['a wrong password', basic('bob@facteur.test', 'wrong')],
    ['an unknown login', basic('nobody@facteur.test')],
    ['a login of a domain that is not hosted', basic('x@elsewhere.test')],
    ['Basic that is not base64', 'Basic !!!'],
    ['Basic without a colon', `Basic ${btoa('alice')}`],
    ['Basic that is not UTF-8', `Basic ${btoa('\xff\xfe:x')}`],
    ['a scheme that is not offered', 'Digest username="alice"'],
    ['a token without an account', 'Bearer secret'],
    ['a token of nobody', 'Bearer fct_azzzzzzzzzzzzzzzzzzzz_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'],
    ['a header that is too long', `Bearer ${'a'.repeat(5000)}`],
  ])('answers 401 with a challenge for %s (RFC 9110 §11.6.1)', async (_, authorization) => {
    const headers = authorization === undefined ? {} : { Authorization: authorization }
    const response = await request('/jmap/session', { headers })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm=.*Bearer realm=/)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
  })

  it('leaves the object of a made-up account empty', async () => {
    await request('/jmap/session', { headers: { Authorization: `Bearer fct_aghost_${'a'.repeat(40)}` } })
    expect(await account('aghost').rowsWritten()).toBe(0)
  })

  it('stops looking at passwords after ten failures, from that address only', async () => {
    await furnish('facteur.test', ['carol'])
    for (let i = 0; i < 10; i++) expect((await carol('wrong', '192.0.2.66')).status).toBe(401)
    const refused = await carol('correct horse battery', '192.0.2.66')
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(800)
    expect((await carol('correct horse battery', '192.0.2.67')).status).toBe(200)
  })

  it('does not let one account read another', async () => {
    const path = `/jmap/download/${ids.bob}/G1/x`
    expect((await request(path, { headers: { Authorization: alice } })).status).toBe(404)
    const [answer] = await jmap(alice, [['Mailbox/get', { accountId: ids.bob }, 'x']])
    expect(answer?.[0]).toBe('error')
    expect(answer?.[1]).toMatchObject({ type: 'accountNotFound' })
  })

  it('lets any origin ask (Fetch standard, CORS)', async () => {
    const preflight = await request('/jmap/api', { method: 'OPTIONS', headers: { Origin: 'https://app.test' } })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(/authorization/i)
    const denied = await request('/jmap/session')
    expect(denied.headers.get('access-control-allow-origin')).toBe('*')
  })

  it('keeps an upload and gives it back (RFC 8620 §6)', async () => {
    const headers = { Authorization: alice, 'Content-Type': 'text/html' }
    const upload = await request(`/jmap/upload/${ids.alice}`, { method: 'POST', headers, body: '<script>1</script>' })
    expect(upload.status).toBe(200)
    const { blobId, size } = await upload.json<{ blobId: string; size: number }>()
    expect(size).toBe(18)
    const path = `/jmap/download/${ids.alice}/${blobId}/${encodeURIComponent('r\r\nX: "é".html')}`
    const blob = await request(path, { headers: { Authorization: alice } })
    expect(await blob.text()).toBe('<script>1</script>')
    expect(blob.headers.get('content-disposition')).toMatch(/^attachment; filename="[ -~]*"; filename\*=UTF-8''/)
    expect(blob.headers.get('content-security-policy')).toContain('sandbox')
    const etag = blob.headers.get('etag') as string
    const again = await request(path, { headers: { Authorization: alice, 'If-None-Match': etag } })
    expect(again.status).toBe(304)
    const broken = await request(`/jmap/download/${ids.alice}/%E0%A4/x`, { headers: { Authorization: alice } })
    expect([400, 404]).toContain(broken.status)
  })

  it.each([
    ['GET', '/jmap/api', 405],
    ['DELETE', '/jmap/session', 405],
    ['POST', '/.well-known/jmap', 405],
    ['POST', '/jmap/eventsource', 405],
    ['POST', '/jmap/ws', 405],
    ['GET', '/jmap/nothing', 404],
    ['GET', '/jmap/internal/session', 404],
    ['GET', '/internal/session', 404],
    ['GET', '/jmap/eventsource?types=*&closeafter=never&ping=0', 400],
    ['GET', '/jmap/eventsource', 400],
    ['POST', '/nothing', 404],
  ])('answers %s %s with %i', async (method, path, status) => {
    expect((await request(path, { method, headers: { Authorization: alice } })).status).toBe(status)
  })
})

describe('the other doors', () => {
  it('is alive', async () => {
    expect(await (await request('/healthz')).text()).toBe('ok\n')
  })

  it('shows a page', async () => {
    const page = await request('/')
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(await page.text()).toContain('facteur')
  })

  it.each(['/bridge/link', '/bridge/session'])('keeps %s for bridges', async (path) => {
    expect((await request(path, { headers: { Upgrade: 'websocket' } })).status).toBe(401)
    const wrong = { Upgrade: 'websocket', Authorization: 'Bearer wrong' }
    expect((await request(path, { headers: wrong })).status).toBe(401)
    expect((await request(path, { headers: { Authorization: `Bearer ${bridgeSecret}` } })).status).toBe(426)
  })

  it.each(['', '!!!', btoa('[]'), btoa('{"protocol":"imap"}'), 'a'.repeat(9000)])(
    'refuses a malformed session header',
    async (header) => {
      const headers = { Upgrade: 'websocket', Authorization: `Bearer ${bridgeSecret}`, 'Facteur-Session': header }
      expect((await request('/bridge/session', { headers })).status).toBe(400)
    },
  )
})

describe('administration', () => {
  it('is for the holder of the token', async () => {
    for (const authorization of ['', 'Bearer wrong', `Basic ${btoa(`admin:${adminToken}`)}`, `Bearer ${adminToken}x`]) {
      expect((await request('/admin/domains', { headers: { Authorization: authorization } })).status).toBe(401)
    }
  })

  it('describes each of its routes, and no others', async () => {
    const document = (await admin('GET', '/openapi.json')).body as { paths: Record<string, Record<string, object>> }
    for (const [path, operations] of Object.entries(document.paths)) {
      for (const method of Object.keys(operations)) {
        const filled = path.replaceAll('{domain}', 'no..domain').replace(/\{\w+\}/g, 'no one')
        const answer = await admin(method.toUpperCase(), filled, method === 'get' ? undefined : {})
        expect(answer.body, `${method} ${path}`).not.toMatchObject({ detail: 'there is no such resource' })
      }
    }
  })

  it('lists what there is', async () => {
    expect((await admin('GET', '/domains')).body).toMatchObject([{ name: 'facteur.test' }])
    const accounts = (await admin('GET', '/domains/facteur.test/accounts')).body as { address: string }[]
    expect(accounts.map((one) => one.address)).toContain('alice@facteur.test')
    expect((await admin('GET', '/accounts')).body).toEqual(accounts)
    expect((await admin('GET', '/accounts/bob@facteur.test')).body).toMatchObject({ id: ids.bob, messages: 0 })
  })

  it('makes a password when none is given, and shows it once', async () => {
    const made = await admin('POST', '/accounts', { address: 'dave@facteur.test', name: 'Dave' })
    const { password } = made.body as { password: string }
    const headers = { Authorization: basic('dave@facteur.test', password) }
    expect((await request('/jmap/session', { headers })).status).toBe(200)
    expect(await admin('DELETE', '/accounts/dave@facteur.test')).toMatchObject({ status: 204 })
    expect((await request('/jmap/session', { headers })).status).toBe(401)
  })

  it('hosts an internationalised domain in its ASCII form (RFC 5890)', async () => {
    expect(await admin('POST', '/domains', { name: 'Bücher.test.' })).toMatchObject({
      status: 201,
      body: { name: 'xn--bcher-kva.test' },
    })
    expect(await admin('DELETE', '/domains/bücher.test')).toMatchObject({ status: 204 })
  })

  it.each([
    ['POST', '/domains', {}, 400],
    ['POST', '/domains', { name: 'not a domain' }, 400],
    ['POST', '/domains', { name: '[192.0.2.1]' }, 400],
    ['POST', '/domains', { name: '192.0.2.1' }, 400],
    ['POST', '/domains', { name: 17 }, 400],
    ['POST', '/domains', { name: 'facteur.test' }, 409],
    ['DELETE', '/domains/other.test', undefined, 404],
    ['DELETE', '/domains/facteur.test', undefined, 409],
    ['POST', '/accounts', { address: 'alice@facteur.test', password: 'long enough' }, 409],
    ['POST', '/accounts', { address: 'Alice@Facteur.Test', password: 'long enough' }, 409],
    ['POST', '/accounts', { address: 'x@unhosted.test', password: 'long enough' }, 409],
    ['POST', '/accounts', { address: 'new@facteur.test', password: 'short' }, 400],
    ['POST', '/accounts', { address: 'new@facteur.test', password: 'line\r\nbreak' }, 400],
    ['POST', '/accounts', { address: '*@facteur.test' }, 400],
    ['POST', '/accounts', { address: '"a b"@facteur.test' }, 400],
    ['POST', '/accounts', { address: 'a@@facteur.test' }, 400],
    ['POST', '/accounts', { address: `${'a'.repeat(65)}@facteur.test` }, 400],
    ['GET', '/accounts/nobody@facteur.test', undefined, 404],
    ['PUT', '/accounts/nobody@facteur.test/password', { password: 'long enough' }, 404],
    ['PUT', '/accounts/alice@facteur.test/password', {}, 400],
    ['DELETE', '/accounts/nobody@facteur.test', undefined, 404],
    ['DELETE', '/accounts/alice@facteur.test/tokens/99', undefined, 404],
    ['PUT', '/aliases/alice@facteur.test', { targets: ['bob@facteur.test'] }, 409],
    ['PUT', '/aliases/me@facteur.test', { targets: [] }, 400],
    ['PUT', '/aliases/me@facteur.test', { targets: ['nonsense'] }, 400],
    ['PUT', '/aliases/me@facteur.test', { targets: ['me@facteur.test'] }, 400],
    ['PUT', '/aliases/me@facteur.test', { targets: Array.from({ length: 101 }, (_, i) => `a${i}@x.test`) }, 400],
    ['PUT', '/aliases/me@unhosted.test', { targets: ['bob@facteur.test'] }, 409],
    ['DELETE', '/aliases/me@facteur.test', undefined, 404],
    ['GET', '/queues/nothing.test/abc', undefined, 404],
    ['DELETE', '/queues/nothing.test/abc', undefined, 404],
    ['GET', '/nothing', undefined, 404],
  ])('answers %s %s %j with %i and a sentence (RFC 9457)', async (method, path, body, status) => {
    const answer = await admin(method, path, body)
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ status, detail: expect.stringMatching(/\w+ \w+/) })
  })

  it.each([
    ['no JSON', '{', 400],
    ['a list', '[]', 400],
    ['null', 'null', 400],
    ['fields on the prototype', '{"__proto__":{"name":"evil.test"}}', 400],
    ['a constructor', '{"constructor":{"prototype":{"name":"evil.test"}}}', 400],
    ['too much', `{"name":"${'a'.repeat(70_000)}"}`, 413],
  ])('refuses a body that is %s', async (_, body, status) => {
    const headers = { Authorization: `Bearer ${adminToken}` }
    const response = await request('/admin/domains', { method: 'POST', headers, body })
    expect(response.status).toBe(status)
    expect(((await admin('GET', '/domains')).body as { name: string }[]).map(({ name }) => name)).not.toContain(
      'evil.test',
    )
  })
})

function carol(secret: string, address: string): Promise<Response> {
  const headers = { Authorization: basic('carol@facteur.test', secret), 'CF-Connecting-IP': address }
  return request('/jmap/session', { headers })
}
