/**
 * Where a message comes from, as an SMTP connection knows it.
 *
 * Standards: RFC 3848 (the "with" keyword).
 */
import type { LinkOrigin } from '../link/index.ts'
import type { Client } from './front.ts'

export interface OriginFacts {
  readonly mode: 'mx' | 'submission'
  readonly client: Client
  readonly hello: { readonly verb: 'EHLO' | 'HELO'; readonly name: string } | undefined
  readonly accountId: string | undefined
  readonly screened: LinkOrigin['screened']
  readonly transactionId: string | undefined
}

export function originOf({ mode, client, hello, accountId, screened, transactionId }: OriginFacts): LinkOrigin {
  const { tls } = client.socket
  const secured = tls === undefined ? '' : 'S'
  const authenticated = accountId === undefined ? '' : 'A'
  return {
    kind: mode === 'mx' ? 'smtp' : 'submission',
    clientAddress: client.remote.address,
    helo: hello?.name ?? '',
    protocol: hello?.verb === 'EHLO' ? `ESMTP${secured}${authenticated}` : 'SMTP',
    ...(tls === undefined ? {} : { tls: { version: tls.version, cipher: tls.cipher } }),
    ...(accountId === undefined ? {} : { accountId }),
    ...(screened === undefined ? {} : { screened }),
    transactionId: transactionId ?? '',
  }
}
