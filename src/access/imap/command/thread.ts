/**
 * `THREAD`: what a search finds, as conversations.
 *
 * Standards: RFC 5256 (ORDEREDSUBJECT, REFERENCES); REFS as in draft-ietf-morg-inthread.
 */
import type { ThreadCommand } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { asksModSeq, runSearch } from '../search/run.ts'
import { threadByReferences } from '../thread/references.ts'
import { renderThreads } from '../thread/render.ts'
import { orderedSubject } from '../thread/ordered-subject.ts'
import { readThreadMessages } from '../thread/thread-message.ts'

export async function thread(context: Context, command: ThreadCommand): Promise<Completion> {
  if (asksModSeq(command.key)) context.enabled.add('CONDSTORE')
  const { found } = await runSearch(context, command)
  const { algorithm } = command
  const messages = await readThreadMessages(context, found, algorithm !== 'ORDEREDSUBJECT')
  const roots =
    algorithm === 'ORDEREDSUBJECT' ? orderedSubject(messages) : threadByReferences(messages, algorithm === 'REFERENCES')
  const text = renderThreads(roots, ({ uid, sequence }) => (command.uid ? uid : sequence))
  context.output.text(`* THREAD${text === '' ? '' : ` ${text}`}\r\n`)
  return { text: 'THREAD completed' }
}
