import { describe, expect, it } from 'vitest'
import { greeted, ready, transaction } from './dialogue.ts'
import { accepting } from './fake-worker.ts'
import { LineClient } from './line-client.ts'
import { afterwards, scene } from './scene.ts'

describe('attacks', () => {
  it('forgets nothing into TLS: commands behind STARTTLS end the connection (RFC 3207 §5)', async () => {
    const { worker, client } = await scene()
    const smtp = await greeted(await client('smtp'))
    smtp.write('STARTTLS\r\nMAIL FROM:<evil@example.org>\r\nRCPT TO:<bob@example.com>\r\n')
    await smtp.untilClosed()
    expect(worker.operations('recipient')).toHaveLength(0)
  })

  it('starts anew after STARTTLS: HELO and transaction are forgotten (RFC 3207 §4.2)', async () => {
    const { worker, client } = await scene()
    const smtp = await greeted(await client('smtp'))
    await smtp.say('STARTTLS\r\n', /^220/)
    await smtp.startTls()
    expect(await smtp.say('MAIL FROM:<a@example.org>\r\n', /\r\n/)).toMatch(/^503/)
    await smtp.say('EHLO client.example\r\n', /^250 .*\r\n/m)
    expect(await transaction(smtp)).toMatch(/^250/)
    expect(worker.operations('deliver')[0]?.head.origin).toMatchObject({ protocol: 'ESMTPS' })
  })

  it('ends a handshake that is none', async () => {
    const { client } = await scene()
    const smtp = await greeted(await client('smtp'))
    await smtp.say('STARTTLS\r\n', /^220/)
    smtp.write('MAIL FROM:<a@example.org>\r\n'.repeat(20))
    await smtp.untilClosed()
  })

  it('ends a handshake that never comes', async () => {
    const { client } = await scene({ limits: { handshakeMs: 30 } })
    const smtp = await greeted(await client('smtp'))
    await smtp.say('STARTTLS\r\n', /^220/)
    await smtp.untilClosed()
  })

  it('says 421 to a client that sends no command in time (RFC 5321 §4.5.3.2.7)', async () => {
    const { client } = await scene({ limits: { commandMs: 40 } })
    const smtp = await client('smtp')
    expect(await smtp.untilClosed()).toMatch(/^220 .*\r\n421 4\.4\.2 .*\r\n$/)
  })

  it('says 421 to a client whose command drips, though each byte comes in time', async () => {
    const { client } = await scene({ limits: { commandMs: 80 } })
    const smtp = await greeted(await client('smtp'))
    const drip = setInterval(() => smtp.write('x'), 5)
    afterwards(() => clearInterval(drip))
    expect(await smtp.untilClosed()).toMatch(/^421 4\.4\.2 .*\r\n$/m)
  })

  it.each([
    ['though each byte comes in time', { contentMs: 1_000, messageMs: 80 }],
    ['so slowly that a piece of it does not come in time', { contentMs: 80, messageMs: 60_000 }],
  ])('ends a message that drips, %s', async (_, limits) => {
    const { client } = await scene({ limits })
    const smtp = await greeted(await client('smtp'))
    smtp.write('MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n')
    await smtp.expect(/^354/m)
    const drip = setInterval(() => smtp.write('x'), 5)
    afterwards(() => clearInterval(drip))
    expect(await smtp.untilClosed()).toMatch(/421 4\.4\.2/)
  })

  it('has patience with a slow message whose pieces come in time', async () => {
    const { worker, client } = await scene({ limits: { contentMs: 400 } })
    const smtp = await greeted(await client('smtp'))
    smtp.write('MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n')
    await smtp.expect(/^354/m)
    const piece = `${'x'.repeat(64)}\r\n`.repeat(16)
    let sent = 0
    await new Promise<void>((resolve) => {
      const drip = setInterval(() => {
        smtp.write(piece)
        if (++sent < 10) return
        clearInterval(drip)
        resolve()
      }, 60)
      afterwards(() => clearInterval(drip))
    })
    expect(await smtp.say('.\r\n', /\r\n/)).toMatch(/^250/)
    expect(worker.operations('deliver')[0]?.body.length).toBe(10 * piece.length)
  })

  it('has less patience with each when clients that say little have taken most connections', async () => {
    const limits = { smtpConnections: 4, commandMs: 60_000, crowdedCommandMs: 40 }
    const { client } = await scene({ limits })
    for (let at = 0; at < 3; at++) await greeted(await client('smtp'))
    const fourth = await client('smtp')
    expect(await fourth.untilClosed()).toMatch(/^220 .*\r\n421 4\.4\.2 .*\r\n$/)
  })

  it('ends a submission client that never logs in, however busy it is', async () => {
    const { client } = await scene({ limits: { loginMs: 60, commandMs: 1_000 } })
    const smtp = await greeted(await client('submission'))
    expect(await smtp.untilClosed()).toMatch(/421/)
  })

  it('refuses connections above the limit of one address and takes them again later', async () => {
    const { client, port, log } = await scene({ limits: { connectionsPerLoopback: 2 } })
    const first = await greeted(await client('smtp'))
    await greeted(await client('smtp'))
    const third = await client('smtp')
    expect(await third.untilClosed()).toMatch(/^421 4\.7\.0/)
    expect(log.some((line) => line.event === 'connection-limit')).toBe(true)
    await first.say('QUIT\r\n', /^221/)
    await first.untilClosed()
    let opened: LineClient
    do {
      opened = await LineClient.connect(port('smtp'))
      await opened.expect(/\r\n/)
    } while (opened.received.startsWith('421'))
    expect(opened.received).toMatch(ready)
    opened.destroy()
  })

  it('refuses connections above the limit in all', async () => {
    const { client } = await scene({ limits: { smtpConnections: 1 } })
    await greeted(await client('smtp'))
    expect(await (await client('smtp')).untilClosed()).toMatch(/^421 4\.7\.0/)
    await greeted(await client('submission'))
  })

  it('says 452 when all messages under way need more memory than may be (RFC 5321 §4.2.3)', async () => {
    const { worker, client } = await scene({ limits: { gatheredBytes: 100_000 } })
    const smtp = await greeted(await client('smtp'))
    await smtp.say('MAIL FROM:<a@example.org>\r\n', /\r\n/)
    await smtp.say('RCPT TO:<bob@example.com>\r\n', /\r\n/)
    await smtp.say('DATA\r\n', /^354/)
    expect(await smtp.say(`${'x'.repeat(70)}\r\n`.repeat(3000) + '.\r\n', /\r\n/)).toMatch(/^452 4\.3\.1/)
    expect(worker.operations('deliver')).toHaveLength(0)
    expect(await transaction(smtp)).toMatch(/^250/)
  })

  it('stops reading while too much is on its way to the Worker', async () => {
    const held: ((answer: object) => void)[] = []
    const { worker, client } = await scene({ limits: { inFlightBytes: 10_000 } }, (fake) => {
      fake.onRequest = (request) =>
        request.head.op === 'deliver' ? new Promise<object>((resolve) => held.push(resolve)) : accepting(request)
    })
    const body = `${'x'.repeat(70)}\r\n`.repeat(300)
    const begin = async (): Promise<LineClient> => {
      const smtp = await greeted(await client('smtp'))
      await smtp.say('MAIL FROM:<a@example.org>\r\n', /\r\n/)
      await smtp.say('RCPT TO:<bob@example.com>\r\n', /\r\n/)
      await smtp.say('DATA\r\n', /^354/)
      return smtp
    }
    const first = await begin()
    const second = await begin()
    const one = first.say(`${body}.\r\n`, /\r\n/)
    await worker.until(() => held.length === 1)
    const two = second.say(body, /\r\n/)
    second.write(`${body}.\r\n`)
    held[0]?.({ reply: { code: 250, text: 'ok' } })
    expect(await one).toMatch(/^250/)
    await worker.until(() => held.length === 2)
    held[1]?.({ reply: { code: 250, text: 'ok' } })
    expect(await two).toMatch(/^250/)
    expect(worker.operations('deliver')[1]?.body.length).toBe(body.length * 2)
  })
})

describe('going away', () => {
  it('says 421 to idle clients and lets a running transaction end (RFC 5321 §3.8)', async () => {
    const answer = Promise.withResolvers<object>()
    const { worker, bridge, client } = await scene({}, (fake) => {
      fake.onRequest = (request) => (request.head.op === 'deliver' ? answer.promise : accepting(request))
    })
    const idle = await greeted(await client('smtp'))
    const busy = await greeted(await client('smtp'))
    const reply = transaction(busy)
    await worker.until(() => worker.operations('deliver').length === 1)
    const closed = bridge.close({ drainMs: 5_000 })
    expect(await idle.untilClosed()).toMatch(/421 4\.3\.2/)
    answer.resolve({ reply: { code: 250, enhanced: '2.0.0', text: 'Stored' } })
    expect(await reply).toMatch(/^250 2\.0\.0 Stored/)
    expect(await busy.untilClosed()).toMatch(/421 4\.3\.2/)
    await closed
  })

  it('cuts off who does not end in time', async () => {
    const { bridge, client } = await scene()
    const smtp = await greeted(await client('smtp'))
    await smtp.say('MAIL FROM:<a@example.org>\r\n', /\r\n/)
    await bridge.close({ drainMs: 20 })
    await smtp.untilClosed()
  })
})
