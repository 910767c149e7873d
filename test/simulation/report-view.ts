/**
 * What a report of ours says (RFC 3464).
 */
import { tokenOf } from './message.ts'

export interface SeenReport {
  /** The message that comes back in it. */
  about: string | undefined
  actions: { action: string; address: string }[]
}

export function readReport(raw: string): SeenReport {
  const actions = raw.split('\r\n\r\n').flatMap((group) => {
    const address = /^Final-Recipient: *rfc822; *(\S+)/im.exec(group)?.[1]?.toLowerCase()
    const action = /^Action: *(\S+)/im.exec(group)?.[1]
    return address === undefined || action === undefined ? [] : [{ action, address }]
  })
  return { about: returnedIn(raw), actions }
}

function returnedIn(raw: string): string | undefined {
  const at = raw.indexOf('\r\nMessage-ID: <', raw.indexOf('\r\n\r\n'))
  if (at < 0) return undefined
  const end = raw.indexOf('\r\n\r\n', at)
  return tokenOf(raw.slice(raw.lastIndexOf('\r\n\r\n', at) + 4, end < 0 ? undefined : end + 4))
}

/** By its name; one that somebody has sent on is a message like others. */
export function isReport(token: string): boolean {
  return token.startsWith('report.') && !token.includes('>')
}

/** The entry that it tells of, as its queue names it. */
export function entryOfReport(token: string): string | undefined {
  return isReport(token) ? token.split('.')[1] : undefined
}

/** What a list tells its owners. */
export function isNotice(token: string): boolean {
  return token.startsWith('list.')
}
