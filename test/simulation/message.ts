import type { MessagePlan } from './sender.ts'

/** The message of a plan, as it is before anybody has stuffed its dots. */
export function textOfMessage({ token, from, body, trace = '' }: MessagePlan): string {
  const fields = [
    `From: <${from === '' ? 'nobody@elsewhere.test' : from}>`,
    'To: undisclosed-recipients:;',
    `Subject: ${token}`,
    'Date: Mon, 23 Nov 2026 08:00:00 +0000',
    `Message-ID: <${token}@sim.test>`,
  ]
  return `${trace}${fields.join('\r\n')}\r\n\r\n${body}`
}
