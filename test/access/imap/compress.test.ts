import { describe, expect, it } from 'vitest'
import { fromLatin1, latin1 } from '../../../src/format/index.ts'
import { chunkSizes } from '../../chunked.ts'
import { Client, deliver, newStore, simple } from './harness.ts'

describe('COMPRESS (RFC 4978)', () => {
  it('is offered until it is active', async () => {
    const client = new Client(newStore())
    expect((await client.command('CAPABILITY'))[0]).toContain(' COMPRESS=DEFLATE ')
    await client.command('COMPRESS DEFLATE')
    expect((await client.command('CAPABILITY'))[0]).not.toContain('COMPRESS')
  })

  it.each([
    ['COMPRESS', 'a BAD'],
    ['COMPRESS ', 'a BAD'],
    ['COMPRESS DEFLATE DEFLATE', 'a BAD'],
    ['COMPRESS (DEFLATE)', 'a BAD'],
    ['COMPRESS BROTLI', 'a NO'],
  ])('%s is refused', async (command, refusal) => {
    const client = new Client(newStore())
    expect((await client.command(command)).at(-1)).toContain(refusal)
    expect(client.controls).toEqual([])
  })

  it.each(chunkSizes)(
    'tells the bridge behind how many octets it begins, before they go: chunks of %s',
    async (size) => {
      const client = new Client(newStore(), { size })
      const order: (object | string)[] = []
      client.controls.push = (...messages) => order.push(...messages)
      client.pieces.push = (...pieces) => order.push(...pieces.map((piece) => latin1(piece)))
      await client.send('C1 NOOP\r\nC2 compress deflate\r\n')
      expect(order).toEqual(['C1 OK Done\r\n', { compress: 26 }, 'C2 OK Compression begins\r\n'])
      expect('C2 OK Compression begins\r\n').toHaveLength(26)
    },
  )

  it('is refused a second time with COMPRESSIONACTIVE (§3)', async () => {
    const client = new Client(newStore())
    await client.command('COMPRESS DEFLATE')
    expect(await client.command('COMPRESS DEFLATE')).toEqual(['a NO [COMPRESSIONACTIVE] Compression is active already'])
    client.hibernate()
    expect((await client.command('COMPRESS DEFLATE'))[0]).toContain('COMPRESSIONACTIVE')
    expect(client.controls).toHaveLength(1)
  })

  it('is active from the start where the connection was compressed before an UNAUTHENTICATE', async () => {
    const client = new Client(newStore())
    client.session.begin('x1', { compressed: true })
    expect(client.take()).not.toContain('COMPRESS')
    expect((await client.command('COMPRESS DEFLATE'))[0]).toContain('COMPRESSIONACTIVE')
  })

  it('does not disturb a selected mailbox', async () => {
    const store = newStore()
    const client = await new Client(store).select()
    deliver(store, simple)
    await client.command('COMPRESS DEFLATE')
    expect(await client.command('NOOP')).toContain('* 1 EXISTS')
  })
})

describe('UNAUTHENTICATE (RFC 8437)', () => {
  it('is offered to who has logged in', async () => {
    expect((await new Client(newStore()).command('CAPABILITY'))[0]).toContain(' UNAUTHENTICATE ')
  })

  it('takes no argument', async () => {
    expect((await new Client(newStore()).command('UNAUTHENTICATE NOW'))[0]).toContain('a BAD')
  })

  it.each(chunkSizes)('gives back what came behind it, unused, in chunks of %s (§3)', async (size) => {
    const client = await new Client(newStore(), { size }).select()
    expect(await client.send('U1 UNAUTHENTICATE\r\nU2 LOGIN bob {3}\r\nU3 SEL')).toBe('')
    expect(client.controls).toEqual([{ unauthenticate: true }])
    await client.send('ECT')
    client.session.relinquish()
    expect(client.take()).toBe('U1 OK Log in again\r\n')
    expect(client.controls[1]).toEqual({ rest: btoa('U2 LOGIN bob {3}\r\nU3 SELECT') })
    expect(client.session.closed).toBe(true)
  })

  it('leaves a selected mailbox without an expunge', async () => {
    const store = newStore()
    deliver(store, simple)
    const client = await new Client(store).select()
    await client.command('STORE 1 +FLAGS (\\Deleted)')
    await client.send('U1 UNAUTHENTICATE\r\n')
    client.session.relinquish()
    expect(store.quota().count).toBe(1)
  })

  it('tells no news any more, and does not sleep before it has answered', async () => {
    const store = newStore()
    const client = await new Client(store).select()
    await client.command('NOTIFY SET (SELECTED (MessageNew MessageExpunge))')
    await client.send('U1 UNAUTHENTICATE\r\n')
    deliver(store, simple)
    expect(client.take()).toBe('')
    expect(client.session.state()).toBeUndefined()
  })

  it('ends a client that sends on and on instead of waiting', async () => {
    const client = new Client(newStore(), { limits: { appendTotal: 1000, line: 1000 } })
    await client.send('U1 UNAUTHENTICATE\r\n')
    await client.session.receive(fromLatin1('x'.repeat(3000)))
    expect(client.take()).toMatch(/^\* BYE /)
  })

  it('means nothing to a bridge that nobody asked', async () => {
    const client = new Client(newStore())
    client.session.relinquish()
    expect(client.session.closed).toBe(false)
    expect(await client.command('NOOP')).toEqual(['a OK Done'])
  })
})
