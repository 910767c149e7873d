/**
 * From one received command to what it means: the table of command names and their grammars.
 *
 * Standards: RFC 9051 §6, §9; RFC 3501 for what IMAP4rev1 clients still send.
 */
import { Decoder, type DecoderOptions, type Spelling } from '../decoder.ts'
import { bad } from '../error.ts'
import type { RawCommand } from '../reader.ts'
import type { SequenceSet } from '../sequence-set.ts'
import { parseAcl, parseAclOf, parseSetAcl, type AclCommand } from './acl.ts'
import { parseAppend, parseReplace, type AppendCommand, type ReplaceCommand } from './append.ts'
import { parseFetch, type FetchCommand } from './fetch.ts'
import { parseIdParameters } from './id.ts'
import { parseList, parseLsub, type ListCommand } from './list.ts'
import { parseGetMetadata, parseSetMetadata, type GetMetadataCommand, type SetMetadataCommand } from './metadata.ts'
import { parseNotify, type NotifyCommand } from './notify.ts'
import { parseGetQuota, parseGetQuotaRoot, parseSetQuota, type QuotaCommand } from './quota.ts'
import { parseMultiSearch, parseSearch, type MultiSearchCommand, type SearchCommand } from './search.ts'
import { parseSelect, type SelectCommand } from './select.ts'
import { parseSort, parseThread, type SortCommand, type ThreadCommand } from './sort.ts'
import { parseStatus, type StatusCommand } from './status.ts'
import { parseStore, type StoreCommand } from './store.ts'
import { parseUidBatches, type UidBatchesCommand } from './uid-batches.ts'

export type GrammarOptions = DecoderOptions

type BareName =
  | 'CAPABILITY'
  | 'GETJMAPACCESS'
  | 'NOOP'
  | 'LOGOUT'
  | 'UNAUTHENTICATE'
  | 'NAMESPACE'
  | 'UNSELECT'
  | 'CLOSE'
  | 'CHECK'
  | 'IDLE'
type MailboxName = 'DELETE' | 'SUBSCRIBE' | 'UNSUBSCRIBE'

/** `spellings`: of its mailbox names those that are not normal. */
export type ImapCommand = PlainCommand & { readonly spellings?: readonly Spelling[] }

type PlainCommand =
  | { name: BareName }
  | { name: 'ID'; parameters: Map<string, string | null> }
  | { name: 'ENABLE'; extensions: string[] }
  | { name: 'COMPRESS'; mechanism: string }
  | ListCommand
  | SelectCommand
  | { name: 'CREATE'; mailbox: string; specialUse?: string[] }
  | { name: MailboxName; mailbox: string }
  | { name: 'RENAME'; from: string; to: string }
  | StatusCommand
  | AppendCommand
  | ReplaceCommand
  | FetchCommand
  | StoreCommand
  | SearchCommand
  | MultiSearchCommand
  | SortCommand
  | ThreadCommand
  | QuotaCommand
  | AclCommand
  | GetMetadataCommand
  | SetMetadataCommand
  | NotifyCommand
  | { name: 'CANCELUPDATE'; tags: string[] }
  | UidBatchesCommand
  | { name: 'COPY' | 'MOVE'; uid: boolean; set: SequenceSet; mailbox: string }
  /** `set` only with UID EXPUNGE (RFC 4315 §2.1). */
  | { name: 'EXPUNGE'; set?: SequenceSet }

type Grammar = (decoder: Decoder) => PlainCommand

const bare =
  (name: BareName): Grammar =>
  () => ({ name })

const mailbox =
  (name: MailboxName): Grammar =>
  (decoder) => {
    decoder.expectSp()
    return { name, mailbox: decoder.expectMailbox() }
  }

const transfer =
  (name: 'COPY' | 'MOVE', uid: boolean): Grammar =>
  (decoder) => {
    decoder.expectSp()
    const set = decoder.expectSequenceSet()
    decoder.expectSp()
    return { name, uid, set, mailbox: decoder.expectMailbox() }
  }

const grammars = new Map<string, Grammar>([
  ['CAPABILITY', bare('CAPABILITY')],
  ['NOOP', bare('NOOP')],
  ['GETJMAPACCESS', bare('GETJMAPACCESS')],
  ['LOGOUT', bare('LOGOUT')],
  ['UNAUTHENTICATE', bare('UNAUTHENTICATE')],
  ['COMPRESS', parseCompress],
  ['NAMESPACE', bare('NAMESPACE')],
  ['UNSELECT', bare('UNSELECT')],
  ['CLOSE', bare('CLOSE')],
  ['CHECK', bare('CHECK')],
  ['IDLE', bare('IDLE')],
  ['ID', parseId],
  ['ENABLE', parseEnable],
  ['LIST', parseList],
  ['LSUB', parseLsub],
  ['SELECT', (decoder) => parseSelect(decoder, 'SELECT')],
  ['EXAMINE', (decoder) => parseSelect(decoder, 'EXAMINE')],
  ['CREATE', parseCreate],
  ['DELETE', mailbox('DELETE')],
  ['RENAME', parseRename],
  ['SUBSCRIBE', mailbox('SUBSCRIBE')],
  ['UNSUBSCRIBE', mailbox('UNSUBSCRIBE')],
  ['STATUS', parseStatus],
  ['APPEND', parseAppend],
  ['REPLACE', (decoder) => parseReplace(decoder, false)],
  ['UID REPLACE', (decoder) => parseReplace(decoder, true)],
  ['FETCH', (decoder) => parseFetch(decoder, false)],
  ['UID FETCH', (decoder) => parseFetch(decoder, true)],
  ['STORE', (decoder) => parseStore(decoder, false)],
  ['UID STORE', (decoder) => parseStore(decoder, true)],
  ['SEARCH', (decoder) => parseSearch(decoder, false)],
  ['UID SEARCH', (decoder) => parseSearch(decoder, true)],
  ['ESEARCH', parseMultiSearch],
  ['SORT', (decoder) => parseSort(decoder, false)],
  ['UID SORT', (decoder) => parseSort(decoder, true)],
  ['THREAD', (decoder) => parseThread(decoder, false)],
  ['UID THREAD', (decoder) => parseThread(decoder, true)],
  ['COPY', transfer('COPY', false)],
  ['UID COPY', transfer('COPY', true)],
  ['MOVE', transfer('MOVE', false)],
  ['UID MOVE', transfer('MOVE', true)],
  ['GETQUOTA', parseGetQuota],
  ['GETQUOTAROOT', parseGetQuotaRoot],
  ['SETQUOTA', parseSetQuota],
  ['SETACL', parseSetAcl],
  ['DELETEACL', parseAclOf('DELETEACL')],
  ['LISTRIGHTS', parseAclOf('LISTRIGHTS')],
  ['GETACL', parseAcl('GETACL')],
  ['MYRIGHTS', parseAcl('MYRIGHTS')],
  ['GETMETADATA', parseGetMetadata],
  ['SETMETADATA', parseSetMetadata],
  ['NOTIFY', parseNotify],
  ['CANCELUPDATE', parseCancelUpdate],
  ['UIDBATCHES', parseUidBatches],
  ['EXPUNGE', () => ({ name: 'EXPUNGE' })],
  ['UID EXPUNGE', parseUidExpunge],
])

/** Reads a command's arguments. Throws `BAD` for an unknown name, a broken grammar or anything behind the end. */
export function parseCommand(raw: RawCommand, options: GrammarOptions): ImapCommand {
  const grammar = grammars.get(raw.name)
  if (grammar === undefined) throw bad('Unknown command')
  const decoder = new Decoder(raw, options)
  const command = grammar(decoder)
  decoder.expectEnd()
  const { spellings } = decoder
  return spellings.length > 0 ? { ...command, spellings } : command
}

function parseId(decoder: Decoder): PlainCommand {
  decoder.expectSp()
  return { name: 'ID', parameters: parseIdParameters(decoder) }
}

/** RFC 4978 §5. */
function parseCompress(decoder: Decoder): PlainCommand {
  decoder.expectSp()
  return { name: 'COMPRESS', mechanism: decoder.expectAtom('a compression mechanism').toUpperCase() }
}

/** RFC 5161 §3.1. */
function parseEnable(decoder: Decoder): PlainCommand {
  const extensions: string[] = []
  while (decoder.sp() && !decoder.atEnd) extensions.push(decoder.expectAtom('an extension name').toUpperCase())
  if (extensions.length === 0) throw bad('ENABLE needs an extension name')
  return { name: 'ENABLE', extensions }
}

/** RFC 9051 §6.3.4, RFC 6154 §3 (`USE`). */
function parseCreate(decoder: Decoder): PlainCommand {
  decoder.expectSp()
  const name = decoder.expectMailbox()
  if (!decoder.sp() || decoder.atEnd) return { name: 'CREATE', mailbox: name }
  decoder.expectSpecial('(')
  if (!decoder.word('USE')) throw bad('Unknown CREATE parameter')
  decoder.expectSp()
  const specialUse = decoder.expectList(() => decoder.expectFlag())
  decoder.expectSpecial(')')
  return { name: 'CREATE', mailbox: name, specialUse }
}

/** RFC 5267 §5. */
function parseCancelUpdate(decoder: Decoder): PlainCommand {
  const tags: string[] = []
  while (decoder.sp() && !decoder.atEnd) tags.push(decoder.expectAstring('a tag'))
  if (tags.length === 0) throw bad('CANCELUPDATE needs a tag')
  return { name: 'CANCELUPDATE', tags }
}

function parseRename(decoder: Decoder): PlainCommand {
  decoder.expectSp()
  const from = decoder.expectMailbox()
  decoder.expectSp()
  return { name: 'RENAME', from, to: decoder.expectMailbox() }
}

function parseUidExpunge(decoder: Decoder): PlainCommand {
  decoder.expectSp()
  return { name: 'EXPUNGE', set: decoder.expectSequenceSet() }
}
