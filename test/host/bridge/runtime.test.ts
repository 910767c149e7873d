import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { RawData } from 'ws'
import { FakeWorker } from './fake-worker.ts'
import { LineClient } from './line-client.ts'
import { afterwards, temporaryDirectory } from './scene.ts'

const here = import.meta.dirname
const root = join(here, '../../..')
const run = promisify(execFile)

const runtimes: readonly (readonly [string, string, readonly string[]])[] = [
  ['Node', process.execPath, []],
  ['Deno', join(root, 'node_modules/.bin/deno'), ['run', '-A', '--no-lock', '--no-prompt']],
]

describe.each(runtimes)('on %s', (_name, command, flags) => {
  it('STARTTLS works as server and as client, with and without verification', { timeout: 30_000 }, async () => {
    const program = join(here, 'starttls-dialogue.ts')
    const { stdout } = await run(command, [...flags, program, await temporaryDirectory()], { cwd: root })
    const seen = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, object>
    const facts = { version: 'TLSv1.3', cipher: expect.stringMatching(/^TLS_/) as string }
    const problem = 'certificate-not-trusted'
    expect(seen.unverified).toEqual({ facts: { ...facts, verified: false, problem }, echoed: true })
    expect(seen.verified).toEqual({ facts: { ...facts, verified: true, verifiedBy: 'pkix' }, echoed: true })
    expect(seen.byRecord).toEqual({ facts: { ...facts, verified: true, verifiedBy: 'dane' }, echoed: true })
    expect(seen.byWrongRecord).toEqual({ error: expect.stringMatching(/no TLSA record fits/) as string })
    expect(seen.refused).toEqual({ error: expect.stringMatching(/self-signed/) as string })
  })

  it('a whole bridge takes mail over STARTTLS behind a PROXY header, and ends', { timeout: 30_000 }, async () => {
    const worker = await FakeWorker.start()
    afterwards(() => worker.stop())
    const program = join(here, 'bridge-process.ts')
    const child = execFile(command, [...flags, program, worker.url, await temporaryDirectory()], { cwd: root })
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    afterwards(() => void child.kill('SIGKILL'))
    const ports = await new Promise<{ smtp: number; imaps: number }>((resolve, reject) => {
      let output = ''
      child.stdout?.on('data', (text: string) => {
        output += text
        if (output.includes('\n')) resolve(JSON.parse(output) as { smtp: number; imaps: number })
      })
      child.once('exit', () => reject(new Error('the bridge ended')))
    })
    const smtp = await LineClient.connect(ports.smtp)
    afterwards(() => smtp.destroy())
    smtp.write('PROXY TCP4 192.0.2.1 127.0.0.1 5 25\r\n')
    await smtp.expect(/^220/)
    await smtp.say('EHLO c.example\r\n', /^250 .*\r\n/m)
    await smtp.say('STARTTLS\r\n', /^220/)
    await smtp.startTls()
    await smtp.say('EHLO c.example\r\n', /^250 .*\r\n/m)
    await smtp.say('MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n', /^354/m)
    expect(await smtp.say('Subject: x\r\n\r\nhello\r\n.\r\n', /\r\n/)).toMatch(/^250 2\.0\.0 Stored/)
    expect(worker.operations('deliver')[0]?.head.origin).toMatchObject({
      clientAddress: '192.0.2.1',
      protocol: 'ESMTPS',
    })
    worker.onOpenSession = ({ socket, request }) => {
      socket.send(Buffer.from(`${String(request.tag)} OK in\r\n`))
      socket.on('message', (data: RawData, binary) => {
        if (binary) socket.send(Buffer.concat([Buffer.from('echo '), data as Buffer]))
      })
    }
    const imap = await LineClient.connectTls(ports.imaps, Buffer.from('PROXY TCP4 192.0.2.2 127.0.0.1 5 993\r\n'))
    afterwards(() => imap.destroy())
    await imap.expect(/^\* OK/)
    expect(await imap.say('a LOGIN alice correct\r\n', /\r\n/)).toBe('a OK in\r\n')
    expect(worker.sessions[0]?.request.clientAddress).toBe('192.0.2.2')
    worker.sessions[0]?.socket.send('{"compress":6}')
    worker.sessions[0]?.socket.send(Buffer.from('b OK\r\n'))
    await imap.expect(/b OK\r\n/)
    imap.compress()
    for (const text of ['c NOOP\r\n', `${'x'.repeat(100_000)}\r\n`]) {
      expect(await imap.say(text, /\r\n/)).toMatch(/^echo /)
    }
    child.stdin?.end()
    expect(await ended).toBe(0)
    expect(await smtp.untilClosed()).toMatch(/421/)
  })
})
