/**
 * How an IMAP session reaches the mailboxes of others: a call of their account's object for each command.
 */
import type { GuestAnswer, OthersPort } from '../../../access/imap/index.ts'
import type { MailStore, Person } from '../../../mailbox/index.ts'
import type { Env } from '../env.ts'
import type { Log } from '../log.ts'
import { longText, streamOfAll } from './long-text.ts'
import { reaching } from './sharing-ports.ts'
import { readVisit } from './visit-frame.ts'

export interface OthersHost {
  readonly env: Pick<Env, 'ACCOUNT'>
  readonly store: MailStore
  readonly account: () => Person
  readonly log: Log
}

export function othersPort({ env, store, account, log }: OthersHost): OthersPort {
  return {
    owners: () => store.sharedAccounts.all(),
    visit: (owner, call, octets, receive) =>
      reaching(
        async () => {
          const { id, address, name } = account()
          const sent = octets.length === 0 ? null : streamOfAll(octets)
          const reply = await env.ACCOUNT.getByName(owner).visit(
            { id, address, name },
            longText(JSON.stringify(call)),
            sent,
          )
          if (reply === null) return 'gone'
          if (reply instanceof ReadableStream) return JSON.parse(await readVisit(reply, receive)) as GuestAnswer
          if (reply.octets.length > 0) await receive(reply.octets)
          return JSON.parse(reply.answer) as GuestAnswer
        },
        'an account that shares mail',
        log,
      ),
  }
}
