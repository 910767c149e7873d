/** What a mailbox is to who comes now: what every client should know in the end. */
import { ResponseStream } from '../../access/imap/client/response-stream.ts'
import { openSession } from './house.ts'

export async function truth(address: string): Promise<{ uid: number; flags: readonly string[]; modSeq: number }[]> {
  const session = await openSession(address)
  await session.command('b1', 'EXAMINE INBOX')
  const stream = new ResponseStream()
  stream.receive(await session.command('b2', 'FETCH 1:* (UID FLAGS MODSEQ)'))
  session.close()
  return [...stream.all()].flatMap((response) =>
    response.kind === 'fetch'
      ? [{ uid: response.uid ?? 0, flags: response.flags ?? [], modSeq: response.modSeq ?? 0 }]
      : [],
  )
}
