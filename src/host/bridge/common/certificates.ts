/**
 * The server's certificate: the operator's files, followed while they change, or one of our own making.
 *
 * Security: a key we write is readable by its owner only. A certificate of our own is self-signed: other servers take it
 * for opportunistic TLS (RFC 7435), mail apps will ask.
 */

import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { BridgeConfigurationError } from './error.ts'
import { describeError, type Log } from './log.ts'
import { makeSelfSigned } from './self-signed.ts'
import type { TlsIdentity } from './socket.ts'

export type TlsSource =
  /** PEM files: the certificate with its chain, and its key. */
  | { readonly certFile: string; readonly keyFile: string }
  /** A directory where a self-signed certificate for `hostname` (the bridge's own when absent) is kept, made at first start. */
  | { readonly directory: string; readonly hostname?: string }

export interface Certificates {
  /** The identity for the next handshake. The same object until the certificate changes. */
  readonly current: TlsIdentity
  close(): void
}

/** A self-signed certificate is made anew this long before it ends. */
const renewBeforeMs = 30 * 24 * 3_600_000

/** Loads the certificate; throws `BridgeConfigurationError` when it cannot be used. */
export async function openCertificates(options: {
  readonly source: TlsSource
  readonly hostname: string
  readonly log: Log
  /** How often files are looked at; watching the file system misses renames over links, as certbot does them. */
  readonly pollMs?: number
}): Promise<Certificates> {
  const { source, hostname, log } = options
  if ('directory' in source) {
    return { current: await ownIdentity(source.directory, source.hostname ?? hostname), close() {} }
  }
  const { certFile, keyFile } = source
  let current = await readIdentity(certFile, keyFile)
  let seen = await signatureOf(certFile, keyFile)
  let looking = false
  const look = async (): Promise<void> => {
    if (looking) return
    looking = true
    try {
      const now = await signatureOf(certFile, keyFile)
      if (now === seen) return
      current = await readIdentity(certFile, keyFile)
      seen = now
      log('info', 'certificate-loaded', { file: certFile })
    } catch (error) {
      // Half-written or mismatched for a moment while it is replaced: the old one serves on, the next look tries again.
      log('warning', 'certificate-not-loaded', { file: certFile, error: describeError(error) })
    } finally {
      looking = false
    }
  }
  const timer = setInterval(() => void look(), options.pollMs ?? 10_000)
  timer.unref?.()
  return {
    get current() {
      return current
    },
    close: () => clearInterval(timer),
  }
}

/** What changes when a file is replaced. */
async function signatureOf(...paths: readonly string[]): Promise<string> {
  const facts = await Promise.all(paths.map((path) => stat(path)))
  return facts.map((fact) => `${fact.ino}:${fact.size}:${fact.mtimeMs}`).join(' ')
}

async function readIdentity(certPath: string, keyPath: string): Promise<TlsIdentity> {
  const cert = await readPem('certificate', certPath)
  const key = await readPem('private key', keyPath)
  try {
    createSecureContext({ cert, key })
  } catch (cause) {
    throw new BridgeConfigurationError(
      `The certificate ${certPath} and the private key ${keyPath} cannot be used together: ${(cause as Error).message}.`,
      { cause },
    )
  }
  return { cert, key }
}

async function readPem(what: string, path: string): Promise<string> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new BridgeConfigurationError(`The ${what} ${path} cannot be read (${code}).`, { cause })
  }
  if (!text.includes('-----BEGIN ')) throw new BridgeConfigurationError(`The ${what} ${path} is not a PEM file.`)
  return text
}

async function ownIdentity(directory: string, hostname: string): Promise<TlsIdentity> {
  const certPath = join(directory, 'certificate.pem')
  const keyPath = join(directory, 'key.pem')
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new BridgeConfigurationError(`The certificate directory ${directory} cannot be made.`, { cause })
  }
  if (await isUsable(certPath, keyPath, hostname)) return readIdentity(certPath, keyPath)
  try {
    await makeSelfSigned({ hostname, certPath, keyPath })
  } catch (cause) {
    throw new BridgeConfigurationError(`No certificate can be written to ${directory}: ${describeError(cause)}.`, {
      cause,
    })
  }
  return readIdentity(certPath, keyPath)
}

/** A kept certificate serves while it names this host and does not end soon; a damaged one is replaced. */
async function isUsable(certPath: string, keyPath: string, hostname: string): Promise<boolean> {
  try {
    const { cert } = await readIdentity(certPath, keyPath)
    const parsed = new X509Certificate(cert)
    if (Date.parse(parsed.validTo) - Date.now() < renewBeforeMs) return false
    return parsed.subjectAltName?.split(/, ?/).includes(`DNS:${hostname}`) === true
  } catch {
    return false
  }
}
