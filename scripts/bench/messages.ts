/**
 * Messages of a given size, different from each other and the same in every run.
 */
const words =
  'the mail of a small town goes out at dawn and comes back before dark with news from far away friends'.split(' ')

/** A text message of about `size` bytes; `index` makes it different from the others. */
export function benchMessage(index: number, size: number, from = `sender${index % 97}@outside.test`): Buffer {
  const isReply = index % 2 === 1
  const first = isReply ? index - 1 : index
  const header = [
    `From: Sender ${index} <${from}>`,
    `To: Reader <u0@bench.test>`,
    `Subject: ${isReply ? 'Re: ' : ''}Letter ${first} about ${words[first % words.length]}`,
    `Date: ${new Date(1_700_000_000_000 + index * 60_000).toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <bench-${index}-${size}@outside.test>`,
    ...(isReply ? [`In-Reply-To: <bench-${first}-${size}@outside.test>`] : []),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    '',
  ].join('\r\n')
  const lines: string[] = []
  let length = header.length
  for (let line = 0; length < size; line++) {
    const text = Array.from(
      { length: 12 },
      (_, word) => words[(index * 7 + line * 5 + word * word) % words.length],
    ).join(' ')
    lines.push(text)
    length += text.length + 2
  }
  return Buffer.from(`${header}${lines.join('\r\n')}\r\n`)
}
