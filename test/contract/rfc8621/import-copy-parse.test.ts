import { describe, expect, it } from 'vitest'
import { decodeUtf8 } from '../../../src/format/index.ts'
import { parseEmailId } from '../../../src/mailbox/index.ts'
import { simpleMessage, World, type Answer } from '../../access/jmap/world.ts'
import { listMessage } from './list-message.ts'

function rawOf(world: World, id: string): string {
  const raw = world.store.raw(parseEmailId(id) as never)
  if (raw === undefined) throw new Error('no such email')
  return decodeUtf8(raw)
}

async function one(world: World, id: string, args: Record<string, unknown>): Promise<Answer> {
  const { list } = await world.call('Email/get', { ids: [id], ...args })
  return list[0]
}

async function upload(world: World, text: string, type: string): Promise<string> {
  return JSON.parse((await world.jmap.upload('a1', new TextEncoder().encode(text), type)).body).blobId
}

describe('Email/import (RFC 8621 §4.8)', () => {
  const received = `Received: from a by b; Sun, 22 Nov 2026 08:00:00 +0000\n${simpleMessage}`

  it('takes an upload byte for byte, dated by its newest Received field', async () => {
    const world = new World()
    const text = received.replaceAll('\n', '\r\n')
    const blobId = await upload(world, text, 'message/rfc822')
    const answer = await world.call('Email/import', {
      emails: { k: { blobId, mailboxIds: { [world.mailbox('archive')]: true }, keywords: { $Seen: true } } },
    })
    expect(answer).toMatchObject({ accountId: 'a1', notCreated: null })
    expect(Object.keys(answer).toSorted()).toEqual(['accountId', 'created', 'newState', 'notCreated', 'oldState'])
    expect(rawOf(world, answer.created.k.id)).toBe(text)
    const { list } = await world.call('Email/get', {
      ids: [answer.created.k.id],
      properties: ['receivedAt', 'keywords'],
    })
    expect(list[0]).toMatchObject({ receivedAt: '2026-11-22T08:00:00Z', keywords: { $seen: true } })
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['no blob', { blobId: undefined }, 'invalidProperties'],
    ['a blob that is not there', { blobId: 'U999' }, 'invalidProperties'],
    ['no mailbox', { mailboxIds: {} }, 'invalidProperties'],
    ['a wrong keyword', { keywords: { '%': true } }, 'invalidProperties'],
    ['an unknown property', { subject: 'x' }, 'invalidProperties'],
  ])('%s', async (_, change, type) => {
    const world = new World()
    const blobId = await upload(world, received, 'message/rfc822')
    const email = { blobId, mailboxIds: { [world.mailbox('inbox')]: true }, ...change }
    expect((await world.call('Email/import', { emails: { k: email } })).notCreated.k.type).toBe(type)
  })

  it('invalidEmail for what is no message', async () => {
    const world = new World()
    const blobId = await upload(world, '\u0000\u0001 nothing', 'message/rfc822')
    const emails = { k: { blobId, mailboxIds: { [world.mailbox('inbox')]: true } } }
    expect((await world.call('Email/import', { emails })).notCreated.k.type).toBe('invalidEmail')
  })

  it('stateMismatch, and emails is needed', async () => {
    const world = new World()
    expect((await world.refusal('Email/import', { emails: {}, ifInState: '99999' })).type).toBe('stateMismatch')
    expect((await world.refusal('Email/import', {})).type).toBe('invalidArguments')
  })
})

describe('Email/parse (RFC 8621 §4.9)', () => {
  it('parses attached and uploaded messages, and gives their parts names', async () => {
    const world = new World()
    const { attachments } = await one(world, world.deliver(listMessage), { properties: ['attachments'] })
    const inner = attachments.at(-1).blobId
    const bytes = new TextEncoder().encode(listMessage.replaceAll('\n', '\r\n'))
    const upload = JSON.parse((await world.jmap.upload('a1', bytes, 'message/rfc822')).body)
    const empty = JSON.parse((await world.jmap.upload('a1', new Uint8Array(), 'text/plain')).body)
    const answer = await world.call('Email/parse', {
      blobIds: [inner, upload.blobId, empty.blobId, 'U999', 'nonsense'],
      properties: [
        'id',
        'mailboxIds',
        'keywords',
        'receivedAt',
        'threadId',
        'subject',
        'attachments',
        'blobId',
        'size',
      ],
    })
    expect(answer.notFound).toEqual(['U999', 'nonsense'])
    expect(answer.notParsable).toEqual([empty.blobId])
    expect(answer.parsed[inner]).toMatchObject({ subject: 'inner', id: null, mailboxIds: null, keywords: null })
    const parsed = answer.parsed[upload.blobId]
    expect(parsed).toMatchObject({ receivedAt: null, threadId: null, blobId: upload.blobId, size: bytes.length })
    expect(await world.octets(parsed.attachments[2].blobId)).toHaveLength(3)
    const nested = await world.call('Email/parse', {
      blobIds: [parsed.attachments.at(-1).blobId],
      properties: ['subject'],
    })
    expect(Object.values(nested.parsed)).toEqual([{ subject: 'inner' }])
  })
})

describe('copying (RFC 8620 §5.4, §6.3)', () => {
  it('there is no other account to copy from', async () => {
    const world = new World()
    expect((await world.refusal('Email/copy', { fromAccountId: 'a2', create: {} })).type).toBe('fromAccountNotFound')
    expect((await world.refusal('Email/copy', { fromAccountId: 'a1', create: {} })).type).toBe('invalidArguments')
    expect((await world.refusal('Blob/copy', { fromAccountId: 'a2', blobIds: [] })).type).toBe('fromAccountNotFound')
  })

  it('a blob copied within the account is itself', async () => {
    const world = new World()
    const blobId = await upload(world, 'x', 'text/plain')
    expect(await world.call('Blob/copy', { fromAccountId: 'a1', blobIds: [blobId, 'U999'] })).toEqual({
      fromAccountId: 'a1',
      accountId: 'a1',
      copied: { [blobId]: blobId },
      notCopied: { U999: { type: 'notFound' } },
    })
  })
})
