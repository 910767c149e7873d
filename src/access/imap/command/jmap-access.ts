/** `GETJMAPACCESS` (RFC 9698): where the same mail, with the same ids, is to be had over JMAP. */
import { no, quotedOrLiteral } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'

export function jmapAccess({ jmapUrl, output }: Context): Completion {
  if (jmapUrl === undefined) throw no('The public address is not known', 'CANNOT')
  output.text(`* JMAPACCESS ${quotedOrLiteral(jmapUrl)}\r\n`)
  return { text: 'GETJMAPACCESS completed' }
}
