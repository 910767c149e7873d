/**
 * What an authentication exchange needs of the connection it runs on, and of the accounts behind the link.
 *
 * Standards: RFC 5802 §5.1 (nonces), RFC 5056 (channel binding).
 */

import { randomBytes } from 'node:crypto'
import type { SaslAnswer, SaslQuestion, SaslSetting } from '../../../protocol/sasl/index.ts'
import { saltOf, signatureOf } from '../link/index.ts'
import type { Link } from './link.ts'
import type { Socket } from './socket.ts'

/** Octets of a nonce: nobody meets one twice. */
const nonceOctets = 18

export type SaslOutcome =
  | { readonly ok: true; readonly answer: SaslAnswer }
  | { readonly ok: false; readonly temporary: boolean; readonly text: string }

export function saslSetting(socket: Socket): SaslSetting {
  return {
    nonce: () => randomBytes(nonceOctets).toString('base64'),
    channelBinding: (type) => socket.channelBinding(type),
  }
}

/** Puts an exchange's question to the accounts; resolves in every case. */
export async function askAccounts(
  link: Link,
  question: SaslQuestion,
  clientAddress: string,
  timeoutMs: number,
): Promise<SaslOutcome> {
  const { login } = question
  const head =
    question.ask === 'salt'
      ? ({ op: 'scram-salt', login } as const)
      : ({ op: 'scram-proof', login, clientAddress, scram: question.scram } as const)
  const answer = await link.request(head, [], timeoutMs)
  if (answer.type !== 'answer') return { ok: false, temporary: true, text: '' }
  if (question.ask === 'proof') return signatureOf(answer.head)
  const salt = saltOf(answer.head)
  return salt === undefined ? { ok: false, temporary: true, text: '' } : { ok: true, answer: salt }
}
