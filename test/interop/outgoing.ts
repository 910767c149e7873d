/**
 * Mail that people here send to outside: handed to submission, and what the queue says of it.
 */
import { expect } from 'vitest'
import type { Parts } from './parts.ts'
import { loggedIn, transact, type Transaction } from './smtp-client.ts'

/** Hands a message to submission, which accepts it. */
export async function submitAs(parts: Parts, from: string, transaction: Omit<Transaction, 'from'>): Promise<void> {
  const client = await loggedIn(parts.ports.submission, from, parts.password)
  const replies = await transact(client, { from, ...transaction })
  client.destroy()
  expect(replies.at(-1)).toMatch(/^250 /)
}

/** What the one message that waits for the domain has heard, when its delivery was tried. */
export async function diagnosticOf(parts: Parts, domain: string): Promise<string> {
  let diagnostic: string | undefined
  const look = async () => {
    const entries = (await parts.admin('GET', `/queues/${domain}`)) as { recipients: { diagnostic?: string }[] }[]
    return (diagnostic = entries[0]?.recipients[0]?.diagnostic)
  }
  await expect.poll(look, { timeout: 20_000, interval: 50 }).toBeDefined()
  return diagnostic ?? ''
}
