import type { MessagePlan } from './sender.ts'

/** The message of a plan, as it is before anybody has stuffed its dots. */
export function textOfMessage({ token, from, body, text }: MessagePlan): string {
  if (text !== undefined) return text
  const fields = [
    `From: <${from === '' ? 'nobody@elsewhere.test' : from}>`,
    'To: undisclosed-recipients:;',
    `Subject: ${token}`,
    'Date: Mon, 23 Nov 2026 08:00:00 +0000',
    `Message-ID: <${token}@sim.test>`,
  ]
  return `${fields.join('\r\n')}\r\n\r\n${body}`
}

/** Says that a server outside has sent the message on: by this we know one copy from another. */
export function passedOn(raw: string, id: string, host: string): string {
  return `Received: from mail.facteur.test by ${host} with ESMTP id ${id}; Mon, 23 Nov 2026 08:00:00 +0000\r\n${raw}`
}

/**
 * The name of a copy: the message's own (its Message-ID up to the at sign), each server outside that has sent it on, and the
 * list that it came from last. Undefined: it has no name.
 */
export function tokenOf(raw: string): string | undefined {
  const end = raw.indexOf('\r\n\r\n')
  const header = end < 0 ? raw : raw.slice(0, end + 2)
  const name = /^Message-ID: <([^@>]*)@/im.exec(header)?.[1]
  if (name === undefined) return undefined
  const hops = header.includes(' with ESMTP id f')
    ? [...header.matchAll(/^Received: from \S+ by \S+ with ESMTP id (f\d+);/gm)].map(([, id]) => `>${id}`)
    : []
  const list = header.includes('\nList-Id: ') || header.startsWith('List-Id: ') ? listOf(header) : ''
  return `${name}${hops.reverse().join('')}${list}`
}

function listOf(header: string): string {
  const name = /^List-Id: <([^.>]+)\./im.exec(header)?.[1]
  return name === undefined ? '' : `>${name}`
}

/** Without the list that it came from, or as that list's. */
export function ofList(token: string, list: string): string {
  return `${token.replace(/>[a-z]+$/, '')}>${list}`
}

/** The message whose copy it is. */
export function baseOf(token: string): string {
  const end = token.indexOf('>')
  return end < 0 ? token : token.slice(0, end)
}

/** Addresses that have left their mark (RFC 5321 §6.3). */
export function passedBy(raw: string): Set<string> {
  const header = raw.slice(0, raw.indexOf('\r\n\r\n') + 2)
  return new Set([...header.matchAll(/^Delivered-To: *(\S+)\r$/gim)].map(([, address = '']) => address.toLowerCase()))
}
