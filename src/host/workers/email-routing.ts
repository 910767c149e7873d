/**
 * Mail from Cloudflare Email Routing: one recipient, the whole message, and three possible ends.
 *
 * Law: returning says that the message is durably ours. `setReject` is permanent, so it is kept for what will never work;
 * anything else throws, and the sender's server tries again.
 * Security: the sender is a stranger; Email Routing gives no client address, so none is believed.
 */
import { accept, emailRoutingOutcome } from '../../arrival/index.ts'
import { concat, isAsciiText } from '../../format/index.ts'
import { arrivalPorts, remoteCall } from './arrival-ports.ts'
import type { Env } from './env.ts'
import { log } from './log.ts'
import { randomText } from './random.ts'
import { settingsOf } from './settings.ts'

export async function handleEmail(
  message: ForwardableEmailMessage,
  env: Env,
  ctx: Pick<ExecutionContext, 'waitUntil'>,
): Promise<void> {
  const { maxMessageSize } = settingsOf(env)
  const transactionId = randomText(16)
  const raw = await readRaw(message, maxMessageSize)
  if (raw === undefined) {
    message.setReject('552 5.3.4 The message is too large')
    return
  }
  const { reply } = await accept(
    {
      envelope: {
        reversePath: message.from === '<>' ? '' : message.from,
        recipients: [{ address: message.to }],
        smtputf8: !isAsciiText(message.from) || !isAsciiText(message.to),
        body: '8BITMIME',
      },
      raw,
      origin: { kind: 'email-routing', transactionId },
    },
    arrivalPorts(env, remoteCall(env), (work) => ctx.waitUntil(work)),
  )
  const outcome = emailRoutingOutcome(reply)
  log('info', 'email routing', { transactionId, from: message.from, to: message.to, outcome: outcome.action })
  if (outcome.action === 'reject') message.setReject(`${reply.code} ${outcome.text}`)
  if (outcome.action === 'throw') throw new Error(outcome.text)
}

/** Undefined when it is longer than `most`, whatever `rawSize` says. */
async function readRaw(message: ForwardableEmailMessage, most: number): Promise<Uint8Array | undefined> {
  if (message.rawSize > most) return undefined
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of message.raw as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > most) return undefined
    chunks.push(chunk)
  }
  return concat(chunks)
}
