/** Makes a self-signed certificate (ECDSA P-256) and writes it with its key. */

import { rename, writeFile } from 'node:fs/promises'
import { generate } from 'selfsigned'

const validForMs = 825 * 24 * 3_600_000
const backdateMs = 24 * 3_600_000

/**
 * Writes both files anew: each appears whole or not at all; the key is for its owner only (0600). Names: the host, and
 * localhost with the loopback addresses, so that a first try on one machine matches.
 */
export async function makeSelfSigned(options: {
  readonly hostname: string
  readonly certPath: string
  readonly keyPath: string
}): Promise<void> {
  const { hostname, certPath, keyPath } = options
  const now = Date.now()
  const pems = await generate([{ name: 'commonName', value: hostname.slice(0, 64) }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // A client whose clock is a little behind must not find it "not yet valid".
    notBeforeDate: new Date(now - backdateMs),
    notAfterDate: new Date(now + validForMs),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: hostname },
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  })
  await replaceFile(keyPath, pems.private, 0o600)
  await replaceFile(certPath, pems.cert, 0o644)
}

async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const fresh = `${path}.${process.pid}.new`
  await writeFile(fresh, text, { mode, flag: 'w' })
  await rename(fresh, path)
}
