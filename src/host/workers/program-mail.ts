/**
 * Accounts as programs use them, over their objects.
 */
import { waitUntil } from 'cloudflare:workers'
import type { SendOrder, SendOutcome } from '../../access/api/index.ts'
import { coreCapability, mailCapability, submissionCapability } from '../../protocol/jmap/index.ts'
import type { ProgramMail } from '../http/index.ts'
import { transactionOf } from './account/transaction-of.ts'
import type { Env } from './env.ts'
import { JointCalls } from './joint-calls.ts'
import type { Logins } from './logins.ts'
import { randomText } from './random.ts'
import { settingsOf } from './settings.ts'

type MethodAnswers = Awaited<ReturnType<ProgramMail['calls']>>

export function programMail(env: Env, logins: Pick<Logins, 'find' | 'authenticate'>): ProgramMail {
  const account = (id: string) => env.ACCOUNT.getByName(id)
  const single = new JointCalls<SendOrder, SendOutcome>({
    call: (id, orders) => account(id).sendMessages(orders),
    sizeOf: ({ raw }) => raw.length,
    hold: waitUntil,
    clock: Date.now,
  })
  return {
    async accountOf(address) {
      if (!address.includes('@')) return undefined
      return (await logins.find(address))?.accountId
    },
    addressOf: async (id) => (await account(id).ownAddress()) ?? undefined,
    async holderOf(token, clientAddress) {
      const result = await logins.authenticate('', { token, clientAddress })
      return result.ok ? { accountId: result.accountId, address: result.address } : undefined
    },
    async send(id, orders) {
      const [order] = orders
      return orders.length === 1 && order ? [await single.enter(id, order)] : account(id).sendMessages([...orders])
    },
    async calls(id, calls) {
      const using = [coreCapability, mailCapability, submissionCapability]
      const answer = await account(id).jmapCalls(JSON.stringify({ using, methodCalls: calls }))
      const { methodResponses, status } = JSON.parse(answer ?? '{}') as {
        methodResponses?: MethodAnswers
        status?: number
      }
      if (methodResponses === undefined && status !== 429) throw new Error(`account ${id} does not answer: ${answer}`)
      return methodResponses
    },
    async blob(id, blobId, { name, type }, request) {
      const url = new URL(`/internal/blob/${id}/${encodeURIComponent(blobId)}`, request.url)
      url.searchParams.set('name', name)
      if (type !== undefined) url.searchParams.set('type', type)
      return account(id).fetch(new Request(url, { method: request.method, headers: request.headers }))
    },
    transactionOf,
    randomText,
    maxMessageSize: settingsOf(env).maxMessageSize,
  }
}
