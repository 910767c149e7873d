/** The beginning of every SMTP conversation in the tests. */

import type { LineClient } from './line-client.ts'

export const ready = /^220 mx\.example .*\r\n/m
export const message = 'Subject: hello\r\n\r\nline\r\n..dotted\r\n'

export async function greeted(client: LineClient): Promise<LineClient> {
  await client.expect(ready)
  await client.say('EHLO client.example\r\n', /^250 .*\r\n/m)
  return client
}

export async function transaction(client: LineClient, to = 'bob@example.com'): Promise<string> {
  await client.say('MAIL FROM:<a@example.org>\r\n', /\r\n/)
  await client.say(`RCPT TO:<${to}>\r\n`, /\r\n/)
  await client.say('DATA\r\n', /^354 .*\r\n/)
  return client.say(`${message}.\r\n`, /\r\n/)
}
