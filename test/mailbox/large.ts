/**
 * An account with a blob store in memory, and messages of any size.
 */
import { MemoryBlobStore } from '../../src/host/memory/blob-store.ts'
import type { Email, MailStore, MailStoreOptions } from '../../src/mailbox/index.ts'
import { type Fixture, type MessageFields, message, openStore } from './fixture.ts'

export interface LargeFixture extends Fixture {
  readonly blobs: MemoryBlobStore
  /** How often the store asked for `collect`. */
  readonly asked: { count: number }
}

let lives = 0

/** Octets that differ with each call, as random ones do. */
export function distinctRandom(): (length: number) => Uint8Array {
  const life = ++lives
  return (length) => Uint8Array.from({ length }, (_, at) => (life >> (8 * (at % 4))) & 255)
}

export function openLarge(options: Partial<MailStoreOptions> = {}): LargeFixture {
  const blobs = new MemoryBlobStore()
  const asked = { count: 0 }
  const fixture = openStore({ blobs, random: distinctRandom(), collectSoon: () => void asked.count++, ...options })
  return { ...fixture, blobs, asked }
}

/** A message of exactly `size` octets. */
export function sized(size: number, fields: MessageFields = {}): Uint8Array {
  const empty = message({ ...fields, body: '' })
  const line = `${'All work and no play makes Jack a dull boy.'.padEnd(76, '!')}\r\n`
  const body = line.repeat(Math.ceil(size / line.length)).slice(0, size - empty.length)
  return message({ ...fields, body })
}

/** Stores a message as every door does. */
export async function deliver(
  store: MailStore,
  raw: Uint8Array,
  mailbox = store.mailboxByRole('inbox')!.id,
): Promise<Email> {
  const incoming = store.incoming()
  try {
    const [email] = store.add([{ raw: await incoming.message(raw), mailboxIds: [mailbox] }])
    return email!
  } finally {
    await incoming.settle()
  }
}
