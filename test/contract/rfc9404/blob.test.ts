/**
 * RFC 9404: blobs made, read and looked up within a request.
 */
import { describe, expect, it } from 'vitest'
import { type Answer, simpleMessage, using, World } from '../../access/jmap/world.ts'

async function request(world: World, ...calls: [name: string, args: object][]): Promise<Answer[]> {
  const methodCalls = calls.map(([name, args], index) => [name, { accountId: 'a1', ...args }, `c${index}`])
  const body = { using: [...using, 'urn:ietf:params:jmap:blob'], methodCalls }
  return (await world.post(JSON.stringify(body))).body.methodResponses
}

async function call(world: World, name: string, args: object): Promise<Answer> {
  const [[answered, result]] = (await request(world, [name, args])) as [[string, Answer]]
  return answered === name ? result : { ...result, refused: true }
}

async function make(world: World, ...data: object[]): Promise<Answer> {
  const { created, notCreated } = await call(world, 'Blob/upload', { create: { b: { data } } })
  return created?.b ?? notCreated.b
}

const fox = 'The quick brown fox jumped over the lazy dog.'

describe('Blob/upload (RFC 9404 §4.1)', () => {
  it('answers the example of §4.1.2: parts of a blob made in the same request', async () => {
    const world = new World()
    const answers = await request(
      world,
      ['Blob/upload', { create: { b4: { data: [{ 'data:asText': fox }] } } }],
      [
        'Blob/upload',
        {
          create: {
            cat: {
              data: [
                { 'data:asText': 'How' },
                { blobId: '#b4', length: 7, offset: 3 },
                { 'data:asText': 'was t' },
                { blobId: '#b4', length: 1, offset: 1 },
                { 'data:asBase64': 'YXQ/' },
              ],
            },
          },
        },
      ],
      ['Blob/get', { ids: ['#cat'], properties: ['data:asText', 'size'] }],
    )
    expect(answers.map((answer) => answer[1])).toMatchObject([
      { created: { b4: { id: expect.stringMatching(/^U\d+$/), type: 'application/octet-stream', size: 45 } } },
      { created: { cat: { size: 19 } }, notCreated: null },
      { list: [{ 'data:asText': 'How quick was that?', size: 19 }], notFound: [] },
    ])
  })

  it('keeps the type, and the blob can be downloaded and attached', async () => {
    const world = new World()
    const create = { png: { data: [{ 'data:asBase64': 'iVBORw0KGgo=' }], type: 'image/png' } }
    const { created } = await call(world, 'Blob/upload', { create })
    expect(created.png).toMatchObject({ type: 'image/png', size: 8 })
    expect(await world.jmap.download('a1', created.png.id)).toMatchObject({ type: 'image/png', size: 8 })
  })

  it.each([
    ['no data', {}, ['data']],
    ['data that is no list', { data: {} }, ['data']],
    ['two kinds at once', { data: [{ 'data:asText': 'a', 'data:asBase64': 'YQ==' }] }, ['data']],
    ['a range of a text', { data: [{ 'data:asText': 'a', offset: 0 }] }, ['data']],
    ['broken base64', { data: [{ 'data:asBase64': 'YQ=' }] }, ['data']],
    ['a negative offset', { data: [{ blobId: 'U1', offset: -1 }] }, ['data']],
    ['a source that is a text', { data: ['a'] }, ['data']],
    ['too many sources', { data: Array.from({ length: 101 }, () => ({ 'data:asText': 'a' })) }, ['data']],
    ['a type that is a number', { data: [{ 'data:asText': 'a' }], type: 1 }, ['type']],
    ['an unknown property', { data: [{ 'data:asText': 'a' }], x: 1 }, ['x']],
  ])('refuses %s', async (_, value, properties) => {
    const { notCreated, created } = await call(new World(), 'Blob/upload', { create: { b: value } })
    expect(created).toBeNull()
    expect(notCreated.b).toMatchObject({ type: 'invalidProperties', properties })
  })

  it('makes an empty blob of no sources', async () => {
    const world = new World()
    const { id, size } = await make(world)
    expect([size, await get(world, id, {})]).toEqual([0, { id, 'data:asText': '', size: 0 }])
  })

  it('refuses a blob that is not there, and a range that is not within it', async () => {
    const world = new World()
    const { id } = await make(world, { 'data:asText': fox })
    expect(await make(world, { blobId: 'U999' })).toMatchObject({ type: 'blobNotFound', notFound: ['U999'] })
    expect(await make(world, { blobId: '#none' })).toMatchObject({ type: 'blobNotFound' })
    expect(await make(world, { blobId: id, offset: 40, length: 6 })).toMatchObject({ type: 'invalidProperties' })
    expect(await make(world, { blobId: id, offset: 46 })).toMatchObject({ type: 'invalidProperties' })
    expect(await make(world, { blobId: id, offset: 45 })).toMatchObject({ size: 0 })
  })

  it('refuses what would grow too large, one blob or all of a call', async () => {
    const world = new World({ maxSizeUpload: 100 })
    const { id } = await make(world, { 'data:asText': fox })
    expect(await make(world, { blobId: id }, { blobId: id })).toMatchObject({ size: 90 })
    expect(await make(world, { blobId: id }, { blobId: id }, { blobId: id })).toMatchObject({ type: 'tooLarge' })
    const each = { data: [{ blobId: id }, { blobId: id }] }
    const { created, notCreated } = await call(world, 'Blob/upload', { create: { a: each, b: each, c: each } })
    expect([Object.keys(created), Object.keys(notCreated)]).toEqual([['a', 'b'], ['c']])
  })

  it('says its limits (§3.1)', () => {
    const session = new World({ maxSizeUpload: 100 }).jmap.session('https://mail.facteur.test') as Answer
    expect(session.accounts.a1.accountCapabilities['urn:ietf:params:jmap:blob']).toEqual({
      maxSizeBlobSet: 100,
      maxDataSources: 100,
      supportedTypeNames: ['Mailbox', 'Thread', 'Email'],
      supportedDigestAlgorithms: ['sha', 'sha-256', 'sha-512'],
    })
  })
})

const get = async (world: World, id: string, args: object): Promise<Answer> =>
  (await call(world, 'Blob/get', { ids: [id], ...args })).list[0]

describe('Blob/get (RFC 9404 §4.2)', () => {
  it('gives text, size and digest as in the example of §4.2.1', async () => {
    const world = new World()
    const { id } = await make(world, { 'data:asText': fox })
    const answer = await call(world, 'Blob/get', {
      ids: [id, 'not-a-blob'],
      properties: ['data:asText', 'digest:sha', 'size'],
    })
    expect(answer).toEqual({
      accountId: 'a1',
      list: [{ id, 'data:asText': fox, 'digest:sha': 'wIVPufsDxBzOOALLDSIFKebu+U4=', size: 45 }],
      notFound: ['not-a-blob'],
    })
  })

  it('gives a range, its digest, and the size of the whole', async () => {
    const world = new World()
    const { id } = await make(world, { 'data:asText': fox })
    const answer = await get(world, id, { offset: 4, length: 9, properties: ['data', 'digest:sha', 'size'] })
    expect(answer).toEqual({ id, 'data:asText': 'quick bro', 'digest:sha': 'QiRAPtfyX8K6tm1iOAtZ87Xj3Ww=', size: 45 })
    expect(await get(world, id, { offset: 40, length: 10, properties: ['data:asBase64'] })).toEqual({
      id,
      'data:asBase64': btoa(' dog.'),
      isTruncated: true,
    })
    expect(await get(world, id, { offset: 50 })).toEqual({ id, 'data:asText': '', isTruncated: true, size: 45 })
  })

  it('falls back to base64 where the octets are no text', async () => {
    const world = new World()
    const { id } = await make(world, { 'data:asBase64': 'AP8=' })
    expect(await get(world, id, {})).toEqual({ id, 'data:asBase64': 'AP8=', isEncodingProblem: true, size: 2 })
    expect(await get(world, id, { properties: ['data:asText'] })).toEqual({
      id,
      'data:asText': null,
      isEncodingProblem: true,
    })
    expect(await get(world, id, { properties: ['data:asBase64'] })).toEqual({ id, 'data:asBase64': 'AP8=' })
    const text = await make(world, { 'data:asText': '\uFEFFé' })
    expect(await get(world, text.id, { offset: 0, length: 4, properties: ['data:asText'] })).toMatchObject({
      'data:asText': null,
      isEncodingProblem: true,
    })
    expect((await get(world, text.id, {}))['data:asText']).toBe('\uFEFFé')
  })

  it('knows SHA-256 and SHA-512', async () => {
    const world = new World()
    const { id } = await make(world, { 'data:asText': 'abc' })
    const answer = await get(world, id, { properties: ['digest:sha-256', 'digest:sha-512'] })
    expect(answer['digest:sha-256']).toBe('ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=')
    expect(answer['digest:sha-512']).toHaveLength(88)
  })

  it.each([
    ['an unknown algorithm', { properties: ['digest:md5'] }],
    ['a name of the prototype', { properties: ['digest:constructor'] }],
    ['an unknown property', { properties: ['type'] }],
    ['a negative length', { length: -1 }],
    ['all blobs', { ids: null }],
  ])('refuses %s', async (_, args) => {
    expect(await call(new World(), 'Blob/get', { ids: ['U1'], ...args })).toMatchObject({ type: 'invalidArguments' })
  })

  it('bounds the answer', async () => {
    const world = new World({ maxSizeBodyValues: 50 })
    const { id } = await make(world, { 'data:asText': fox })
    const other = await make(world, { 'data:asText': fox })
    expect(await call(world, 'Blob/get', { ids: [id] })).toMatchObject({ list: [{ id }] })
    expect(await call(world, 'Blob/get', { ids: [id, other.id] })).toMatchObject({ type: 'requestTooLarge' })
    expect(await call(world, 'Blob/get', { ids: [id, other.id], properties: ['size'] })).toMatchObject({ notFound: [] })
  })
})

describe('Blob/lookup (RFC 9404 §4.3)', () => {
  it('names what refers to a message, to a part of it, and to nothing', async () => {
    const world = new World()
    const emailId = world.deliver(simpleMessage)
    const email = (await world.call('Email/get', { ids: [emailId], properties: ['blobId', 'threadId', 'textBody'] }))
      .list[0]
    const upload = await make(world, { 'data:asText': 'x' })
    const answer = await call(world, 'Blob/lookup', {
      typeNames: ['Mailbox', 'Thread', 'Email'],
      ids: [email.blobId, email.textBody[0].blobId, upload.id, 'not-a-blob'],
    })
    const matchedIds = { Mailbox: [world.mailbox('inbox')], Thread: [email.threadId], Email: [emailId] }
    expect(answer).toEqual({
      accountId: 'a1',
      list: [
        { id: email.blobId, matchedIds },
        { id: email.textBody[0].blobId, matchedIds },
        { id: upload.id, matchedIds: { Mailbox: [], Thread: [], Email: [] } },
      ],
      notFound: ['not-a-blob'],
    })
  })

  it('names every email that shares a message', async () => {
    const world = new World()
    const emailId = world.deliver(simpleMessage)
    const inbox = world.store.mailboxByRole('inbox')?.id as never
    world.store.copy(inbox, [Number(emailId.slice(1))], inbox)
    const ids = [emailId.replace('M', 'G')]
    const { list } = await call(world, 'Blob/lookup', { typeNames: ['Email'], ids })
    expect(list[0].matchedIds.Email).toHaveLength(2)
  })

  it('refuses a type that nothing is known of (unknownDataType)', async () => {
    expect(await call(new World(), 'Blob/lookup', { typeNames: ['Email', 'Note'], ids: [] })).toMatchObject({
      type: 'unknownDataType',
    })
  })
})
