import { X509Certificate } from 'node:crypto'
import { copyFile, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCertificates } from '../../../src/host/bridge/common/certificates.ts'
import { BridgeConfigurationError, startBridge } from '../../../src/host/bridge/node/index.ts'
import { makeSelfSigned } from '../../../src/host/bridge/common/self-signed.ts'
import { secret } from './fake-worker.ts'
import { afterwards, scene, temporaryDirectory } from './scene.ts'

const silent = (): void => {}

async function pair(hostname: string): Promise<{ certFile: string; keyFile: string }> {
  const directory = await temporaryDirectory()
  const files = { certFile: join(directory, 'cert.pem'), keyFile: join(directory, 'key.pem') }
  await makeSelfSigned({ hostname, certPath: files.certFile, keyPath: files.keyFile })
  return files
}

describe('a certificate of our own', () => {
  it('names the host and localhost, and its key is for the owner only', async () => {
    const directory = join(await temporaryDirectory(), 'tls')
    const certificates = await openCertificates({ source: { directory }, hostname: 'mx.example', log: silent })
    const certificate = new X509Certificate(certificates.current.cert)
    expect(certificate.checkHost('mx.example')).toBe('mx.example')
    expect(certificate.checkHost('localhost')).toBe('localhost')
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect((await stat(join(directory, 'key.pem'))).mode & 0o777).toBe(0o600)
    certificates.close()
  })

  it('is kept', async () => {
    const directory = await temporaryDirectory()
    const options = { source: { directory }, hostname: 'mx.example', log: silent }
    const first = await openCertificates(options)
    expect((await openCertificates(options)).current).toEqual(first.current)
  })

  it('is made anew for another host name, and when it is damaged', async () => {
    const directory = await temporaryDirectory()
    const first = await openCertificates({ source: { directory }, hostname: 'one.example', log: silent })
    const second = await openCertificates({ source: { directory }, hostname: 'two.example', log: silent })
    expect(second.current.cert).not.toBe(first.current.cert)
    await writeFile(join(directory, 'certificate.pem'), 'broken')
    const third = await openCertificates({ source: { directory }, hostname: 'two.example', log: silent })
    expect(new X509Certificate(third.current.cert).checkHost('two.example')).toBe('two.example')
  })

  it('cannot be kept where there is no directory', async () => {
    const file = join(await temporaryDirectory(), 'file')
    await writeFile(file, '')
    const opening = openCertificates({ source: { directory: join(file, 'tls') }, hostname: 'x.example', log: silent })
    await expect(opening).rejects.toThrow(BridgeConfigurationError)
  })
})

function open(certFile: string, keyFile: string): Promise<unknown> {
  return openCertificates({ source: { certFile, keyFile }, hostname: 'x', log: silent })
}

describe('certificate files', () => {
  it('are loaded again when they change, and the new one is used for the next handshake', async () => {
    const files = await pair('old.example')
    const next = await pair('new.example')
    const loaded = Promise.withResolvers<void>()
    const certificates = await openCertificates({
      source: files,
      hostname: 'x',
      pollMs: 5,
      log: (_level, event) => event === 'certificate-loaded' && loaded.resolve(),
    })
    afterwards(() => certificates.close())
    const before = certificates.current
    await copyFile(next.keyFile, `${files.keyFile}.new`)
    await copyFile(next.certFile, `${files.certFile}.new`)
    await rename(`${files.keyFile}.new`, files.keyFile)
    await rename(`${files.certFile}.new`, files.certFile)
    await loaded.promise
    expect(certificates.current).not.toBe(before)
    expect(new X509Certificate(certificates.current.cert).checkHost('new.example')).toBe('new.example')
  })

  it('that become unusable leave the old one in service', async () => {
    const files = await pair('old.example')
    const complained = Promise.withResolvers<void>()
    const certificates = await openCertificates({
      source: files,
      hostname: 'x',
      pollMs: 5,
      log: (_level, event) => event === 'certificate-not-loaded' && complained.resolve(),
    })
    afterwards(() => certificates.close())
    const before = certificates.current
    await writeFile(files.certFile, 'half a certific')
    await utimes(files.certFile, 1, 1)
    await complained.promise
    expect(certificates.current).toBe(before)
  })

  it('that do not belong together, are missing or are no PEM are one clear sentence', async () => {
    const one = await pair('one.example')
    const two = await pair('two.example')
    const text = join(await temporaryDirectory(), 'text')
    await writeFile(text, 'hello')
    await expect(open(one.certFile, two.keyFile)).rejects.toThrow(/cannot be used together/)
    await expect(open('/nonexistent.pem', one.keyFile)).rejects.toThrow(
      'The certificate /nonexistent.pem cannot be read (ENOENT).',
    )
    await expect(open(one.certFile, text)).rejects.toThrow(`The private key ${text} is not a PEM file.`)
    await expect(open(one.certFile, text)).rejects.toThrow(BridgeConfigurationError)
    expect(await readFile(text, 'utf8')).toBe('hello')
  })
})

describe('a bridge that cannot start', () => {
  it('names flag, host and port when a port is taken, and leaves nothing open', async () => {
    const running = await scene()
    const port = running.port('imap')
    const starting = startBridge({
      workerUrl: running.worker.url,
      secret,
      hostname: 'mx.example',
      tls: { directory: await temporaryDirectory() },
      listeners: { smtp: { host: '127.0.0.1', port: 0 }, imap: { host: '127.0.0.1', port } },
    })
    await expect(starting).rejects.toThrow(`--imap: 127.0.0.1 port ${port} is taken by another program.`)
    await expect(starting).rejects.toThrow(BridgeConfigurationError)
    await running.worker.until(() => running.worker.links.filter((one) => one.readyState === one.OPEN).length === 1)
  })

  it('names the egress port too', async () => {
    const running = await scene()
    const port = running.port('smtp')
    const starting = startBridge({
      workerUrl: running.worker.url,
      secret,
      hostname: 'mx.example',
      tls: { directory: await temporaryDirectory() },
      listeners: { egress: { host: '127.0.0.1', port } },
    })
    await expect(starting).rejects.toThrow(`--egress: 127.0.0.1 port ${port} is taken`)
  })

  it.each(['', 'mail.example', 'ftp://mail.example'])('says that "%s" is no address of a Worker', async (workerUrl) => {
    const tls = { directory: await temporaryDirectory() }
    const starting = startBridge({ workerUrl, secret, hostname: 'mx.example', tls, listeners: {} })
    await expect(starting).rejects.toThrow(/not an http: or https: URL/)
  })

  it('says that an address is not one of this machine', async () => {
    const tls = { directory: await temporaryDirectory() }
    const listeners = { smtp: { host: '192.0.2.1', port: 0 } }
    const starting = startBridge({ workerUrl: 'http://127.0.0.1:1', secret, hostname: 'mx.example', tls, listeners })
    await expect(starting).rejects.toThrow('--smtp: 192.0.2.1 port 0 is not an address of this machine.')
  })
})
