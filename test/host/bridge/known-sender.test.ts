import { describe, expect, it } from 'vitest'
import { KnownSender } from '../../../src/host/bridge/common/known-sender.ts'

const welcome = { code: 250, enhanced: '2.1.0', text: 'welcome' }
const refused = { code: 553, enhanced: '5.7.1', text: 'not yours' }
const address = 'alice@example.com'

const question = (accountId: string, of: string) => ({ op: 'sender', accountId, address: of }) as const

describe('what a session remembers of its sender', () => {
  it('is the welcome of this account for this address, for five seconds', async () => {
    let now = 0
    let asked = 0
    const known = new KnownSender(() => now)
    const ask = async () => ({ ...welcome, text: String(++asked) })
    const replies: unknown[] = []
    for (const [at, account, of] of [
      [0, 'a1', address],
      [4_999, 'a1', address],
      [5_000, 'a1', address],
      [5_001, 'a2', address],
      [5_002, 'a2', 'Alice@example.com'],
      [5_003, 'a2', 'Alice@example.com'],
    ] as const) {
      now = at
      replies.push((await known.reply(question(account, of), ask)).text)
    }
    expect(replies).toEqual(['1', '1', '2', '3', '4', '4'])
  })

  it('is no refusal: the address may be theirs by now', async () => {
    const known = new KnownSender(() => 0)
    expect(await known.reply(question('a1', address), async () => refused)).toEqual(refused)
    expect(await known.reply(question('a1', address), async () => welcome)).toEqual(welcome)
  })
})
