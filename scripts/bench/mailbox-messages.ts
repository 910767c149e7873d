/**
 * The mail of a large mailbox: threads, many senders, prose with words that are rare, common, next to each other, and
 * Chinese. The same in every run, for any server.
 */

/** What is searched for, and how often it occurs. */
export const searched = {
  /** In every 500th message. */
  rareWord: 'xylokarpus',
  /** In every fifth. */
  commonWord: 'timetable',
  /** In every 200th; the words apart, in many more. */
  phrase: 'harbour lantern',
  /** In every 250th, within a sentence. */
  chinese: '邮局',
} as const

const day = 86_400_000
const begin = Date.UTC(2024, 0, 1)
const prose =
  'the mail of a small town goes out at dawn and comes back before dark with news from far away friends while an old lantern on the harbour wall turns slowly over boats that wait for better weather or for someone to pay what is owed'.split(
    ' ',
  )
const syllables = 'ba con der el for gra hi in jo ka lum men nor os per qua re sta ti un ver wal ex yo za'.split(' ')

/** A message of about 1.5 KB, of `total` that are spread over 900 days. */
export function mailboxMessage(index: number, total: number): { readonly raw: Buffer; readonly receivedAt: Date } {
  const random = randomFrom(index)
  const receivedAt = new Date(begin + Math.floor((index * 900 * day) / total))
  const chain = chainOf(index)
  const root = chain[0] ?? index
  const text = textOf(index, random)
  const isHtml = index % 3 !== 0
  const header = [
    `From: ${person(Math.floor(random() * 500))}`,
    `To: Reader <reader@bench.test>${random() < 0.3 ? `, ${person(Math.floor(random() * 500))}` : ''}`,
    ...(random() < 0.25 ? [`Cc: ${person(Math.floor(random() * 500))}`] : []),
    `Subject: ${chain.length > 0 ? 'Re: ' : ''}${subject(root)}`,
    `Date: ${receivedAt.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: ${messageId(index)}`,
    ...(chain.length > 0
      ? [
          `In-Reply-To: ${messageId(chain.at(-1) as number)}`,
          `References: ${chain.slice(-12).map(messageId).join('\r\n ')}`,
        ]
      : []),
    'MIME-Version: 1.0',
  ]
  const plain = `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${text}`
  const html = `Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<html><body><p>${text}</p></body></html>\r\n`
  const body = isHtml
    ? `Content-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\n${plain}\r\n--b\r\n${html}\r\n--b--\r\n`
    : plain
  return { raw: Buffer.from(`${header.join('\r\n')}\r\n${body}`), receivedAt }
}

function textOf(index: number, random: () => number): string {
  const lines: string[] = []
  const count = 6 + Math.floor(random() * 14)
  for (let line = 0; line < count; line++) {
    lines.push(
      Array.from({ length: 9 }, () => (random() < 0.3 ? name(Math.floor(random() ** 3 * 4000)) : pick(random))).join(
        ' ',
      ),
    )
  }
  if (index % 500 === 7) lines.push(`one of them brought a ${searched.rareWord} home`)
  if (index % 5 === 3) lines.push(`the ${searched.commonWord} has changed again`)
  if (index % 200 === 11) lines.push(`meet me by the ${searched.phrase} at nine`)
  if (index % 250 === 17) lines.push(`他昨天去${searched.chinese}寄了一封信`)
  return `${lines.join('\r\n')}\r\n`
}

const pick = (random: () => number): string => prose[Math.floor(random() * prose.length)] as string

/** Four thousand made-up words. */
function name(index: number): string {
  let word = ''
  for (let rest = index + 25; rest > 0; rest = Math.floor(rest / 25)) word += syllables[rest % 25]
  return word
}

function person(index: number): string {
  return `${name(index)} ${name(index * 7 + 3)} <${name(index)}.${index}@${['example.com', 'example.org', 'mail.test'][index % 3]}>`
}

function subject(root: number): string {
  const random = randomFrom(root + 1_000_003)
  return Array.from({ length: 3 + Math.floor(random() * 5) }, () => name(Math.floor(random() ** 2 * 4000))).join(' ')
}

const messageId = (index: number): string => `<large-${index}@bench.test>`

/** The messages that this one answers, oldest first: more than half are answers to one of the sixty before. */
function chainOf(index: number): number[] {
  const chain: number[] = []
  for (let at = parentOf(index); at >= 0 && chain.length < 40; at = parentOf(at)) chain.unshift(at)
  return chain
}

function parentOf(index: number): number {
  const random = randomFrom(index + 7_777_777)
  return random() < 0.45 ? -1 : index - 1 - Math.floor(random() * 60)
}

/** Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = (Math.imul(seed, 2_654_435_761) + 0x9e3779b9) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
