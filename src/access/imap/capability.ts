/**
 * What the session can do. A name stands here only when all of its document is done.
 *
 * Standards: RFC 9051 §6.1.1, §7.2.2; the registry of IMAP capabilities.
 */
import type { Context } from './context.ts'

const words = [
  'IMAP4rev2',
  'IMAP4rev1',
  'BINARY',
  'CATENATE',
  'CHILDREN',
  'CONDSTORE',
  'CONTEXT=SEARCH',
  'CONTEXT=SORT',
  'CREATE-SPECIAL-USE',
  'ENABLE',
  'ESEARCH',
  'ESORT',
  'ID',
  'IDLE',
  'INPROGRESS',
  'LIST-EXTENDED',
  'LIST-METADATA',
  'LIST-STATUS',
  'LITERAL+',
  'METADATA',
  'MOVE',
  'MULTIAPPEND',
  'MULTISEARCH',
  'NAMESPACE',
  'NOTIFY',
  'OBJECTID',
  'PARTIAL',
  'PREVIEW',
  'QRESYNC',
  'QUOTA',
  'QUOTA=RES-STORAGE',
  'REPLACE',
  'SASL-IR',
  'SAVEDATE',
  'SEARCH=FUZZY',
  'SEARCHRES',
  'SORT',
  'SORT=DISPLAY',
  'SPECIAL-USE',
  'STATUS=SIZE',
  'THREAD=ORDEREDSUBJECT',
  'THREAD=REFERENCES',
  'THREAD=REFS',
  'UIDBATCHES',
  'UIDONLY',
  'UIDPLUS',
  'UNAUTHENTICATE',
  'UNSELECT',
  'URL-PARTIAL',
  'UTF8=ACCEPT',
  'WITHIN',
]

/** The capability list of an authenticated session. */
export function capabilities(context: Context): string {
  const sharing = context.people === undefined ? '' : 'ACL RIGHTS=kxte LIST-MYRIGHTS '
  // RFC 9698 §3: only where the ids are JMAP's, which they are here.
  // RFC 4978 §3: a second time it would be refused.
  const compress = context.compressed ? '' : 'COMPRESS=DEFLATE '
  const jmap = context.jmapUrl === undefined ? '' : 'JMAPACCESS '
  return `${words.join(' ')} ${compress}${sharing}${jmap}APPENDLIMIT=${context.limits.appendLimit}`
}
