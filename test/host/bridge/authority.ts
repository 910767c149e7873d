/** Certificate authorities that only tests know. */

import { createHash, X509Certificate } from 'node:crypto'
import { generate } from 'selfsigned'
import type { TlsaAssociation } from '../../../src/delivery/index.ts'

export interface Issued {
  /** This certificate alone, PEM. */
  readonly cert: string
  readonly key: string
  /** With those it was issued by, as a server sends them. */
  readonly chain: string
  readonly x509: X509Certificate
}

export interface IssueOptions {
  readonly by?: Issued
  readonly authority?: boolean
  /** Days from now; negative: it ended then. */
  readonly days?: number
  readonly rsa?: boolean
}

export async function issue(name: string, options: IssueOptions = {}): Promise<Issued> {
  const { by, authority = false, days = 10, rsa = false } = options
  const { cert, private: key } = await generate([{ name: 'commonName', value: name }], {
    ...(rsa ? { keyType: 'rsa', keySize: 2048 } : { keyType: 'ec', curve: 'P-256' }),
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 400 * 86_400_000),
    notAfterDate: new Date(Date.now() + days * 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: authority, critical: true },
      authority
        ? { name: 'keyUsage', keyCertSign: true, cRLSign: true }
        : { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
      ...(authority ? [] : [{ name: 'subjectAltName' as const, altNames: [{ type: 2 as const, value: name }] }]),
    ],
    ...(by === undefined ? {} : { ca: { cert: by.cert, key: by.key } }),
  })
  const chain = by === undefined ? cert : `${cert}\n${by.chain}`
  return { cert, key, chain, x509: new X509Certificate(cert) }
}

const hashes = [undefined, 'sha256', 'sha512'] as const

/** The TLSA record for a certificate. */
export function tlsa({ x509 }: Pick<Issued, 'x509'>, usage: number, selector = 1, matchingType = 1): TlsaAssociation {
  const part = selector === 0 ? x509.raw : x509.publicKey.export({ type: 'spki', format: 'der' })
  const hash = hashes[matchingType]
  const data = hash === undefined ? part.toString('base64') : createHash(hash).update(part).digest('base64')
  return { usage, selector, matchingType, data }
}
