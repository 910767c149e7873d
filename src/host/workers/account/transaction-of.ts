/**
 * The id under which a submission's message is traced. It is made from the submission's tag, so that it need not be kept; and
 * since it is in the message's Received field, for everybody to read, the tag cannot be made from it.
 */
import { shortDigest } from '../short-digest.ts'

const LENGTH = 16

export async function transactionOf(tag: string): Promise<string> {
  return shortDigest(`trace of submission ${tag}`, LENGTH)
}
