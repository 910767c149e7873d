import { describe, expect, it } from 'vitest'
import { downloadHeaders } from '../../../src/access/jmap/index.ts'
import { simpleMessage, World, type Answer } from './world.ts'

function json(response: { body: string }): Answer {
  return JSON.parse(response.body)
}

describe('upload and download (RFC 8620 §6)', () => {
  it('gives an upload back, octet for octet', async () => {
    const world = new World()
    const bytes = Uint8Array.from({ length: 300 }, (_, n) => n)
    const response = await world.jmap.upload('a1', bytes, 'image/png')
    expect(response.status).toBe(200)
    const { blobId, ...rest } = json(response)
    expect(rest).toEqual({ accountId: 'a1', type: 'image/png', size: 300 })
    expect(await world.jmap.download('a1', blobId)).toMatchObject({ type: 'image/png', size: 300 })
    expect(await world.octets(blobId)).toEqual(bytes)
  })

  it('limit: names maxSizeUpload', async () => {
    const response = await new World({ maxSizeUpload: 10 }).jmap.upload('a1', new Uint8Array(11), 'text/plain')
    expect(response).toMatchObject({ status: 413, contentType: 'application/problem+json' })
    expect(json(response)).toMatchObject({ type: 'urn:ietf:params:jmap:error:limit', limit: 'maxSizeUpload' })
  })

  it('bounds uploads under way by maxConcurrentUpload', () => {
    const { jmap } = new World({ maxConcurrentUpload: 1 })
    const end = jmap.beginUpload()
    if (typeof end !== 'function') throw new Error('refused')
    expect(jmap.beginUpload()).toMatchObject({ status: 429 })
    end()
    end()
    expect(typeof jmap.beginUpload()).toBe('function')
    expect(jmap.beginUpload()).toMatchObject({ status: 429 })
  })

  it('knows no other account and no unknown blob', async () => {
    const { jmap } = new World()
    expect(await jmap.upload('a2', new Uint8Array(1), 'text/plain')).toMatchObject({ status: 404 })
    const { blobId } = json(await jmap.upload('a1', new Uint8Array(1), 'text/plain'))
    expect(await jmap.download('a2', blobId)).toBeUndefined()
    for (const id of ['', 'U999', 'G999', 'P9-9', `${blobId}-0-0-0-0-0-0`, `${blobId}-99`, 'x'.repeat(300), '../U1']) {
      expect([id, await jmap.download('a1', id)]).toEqual([id, undefined])
    }
  })

  it('writes a header that nothing breaks out of (RFC 6266)', () => {
    const headers = downloadHeaders('a"b\r\nX: é.html', 'text/html', 'text/plain')
    expect(headers['content-type']).toBe('text/html')
    expect(headers['content-disposition']).toBe(
      `attachment; filename="a_b__X: _.html"; filename*=UTF-8''a%22b%0D%0AX%3A%20%C3%A9.html`,
    )
    expect(headers['content-security-policy']).toContain('sandbox')
    expect(downloadHeaders('', 'text/html\r\nX: y', 'bad')['content-type']).toBe('application/octet-stream')
  })
})

describe('push (RFC 8620 §7.1)', () => {
  it('tells the types that a commit changed, EmailDelivery for new mail only (RFC 8621 §1.5)', async () => {
    const world = new World()
    const types = () => {
      const change = world.jmap.stateChange(world.commits.at(-1) as never)
      return Object.keys(change?.changed['a1'] ?? {}).toSorted()
    }
    const id = world.deliver(simpleMessage)
    expect(types()).toEqual(['Email', 'EmailDelivery', 'Mailbox', 'Thread'])
    await world.call('Email/set', { update: { [id]: { 'keywords/$flagged': true } } })
    expect(types()).not.toContain('EmailDelivery')
    expect(types()).toContain('Email')
    await world.call('Mailbox/set', { create: { m: { name: 'M' } } })
    expect(types()).toEqual(['Mailbox'])
  })

  it('carries the state that a /get gives', async () => {
    const world = new World()
    world.deliver(simpleMessage)
    const change = world.jmap.stateChange(world.commits.at(-1) as never)
    const { state } = await world.call('Email/get', { ids: [] })
    expect(change).toEqual({ '@type': 'StateChange', changed: { a1: expect.objectContaining({ Email: state }) } })
    expect(world.jmap.eventId).toBe(state)
  })

  it('tells a returning client what it has missed (§7.3, Last-Event-ID)', async () => {
    const world = new World()
    const seen = world.jmap.eventId
    expect(world.jmap.stateChangeSince(seen)).toBeUndefined()
    await world.call('Mailbox/set', { create: { m: { name: 'M' } } })
    expect(world.jmap.stateChangeSince(seen)?.changed).toEqual({ a1: { Mailbox: world.jmap.eventId } })
    expect(world.jmap.stateChangeSince('nonsense')).toBeUndefined()
  })
})
