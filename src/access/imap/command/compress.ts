/**
 * `COMPRESS` (RFC 4978): the bridge compresses, from the octet behind the tagged OK on and in both directions.
 *
 * The bridge is told how many octets still go out as they are, before they do: what the client sends in answer to the OK
 * must not reach it before it has switched.
 */
import { no } from '../../../protocol/imap/index.ts'
import type { Context } from '../context.ts'

export function compress(context: Context, mechanism: string, tag: string): undefined {
  if (mechanism !== 'DEFLATE') throw no('Unknown compression mechanism')
  if (context.compressed) throw no('Compression is active already', 'COMPRESSIONACTIVE')
  const answer = `${tag} OK Compression begins\r\n`
  context.output.control({ compress: answer.length })
  context.output.text(answer)
  context.output.flush()
  context.compressed = true
}
