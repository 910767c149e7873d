/**
 * A judgement in the words of Authentication-Results: one field, every method in it.
 *
 * Standards: RFC 8601 §2.2, §2.7, RFC 9989 §9.1.
 */
import type { AuthenticationResult } from '../format/index.ts'
import { dkimAuthentication } from '../protocol/dkim/index.ts'
import { dmarcAuthentication } from '../protocol/dmarc/index.ts'
import { iprevAuthentication, spfAuthentication } from '../protocol/spf/index.ts'
import type { Judgement } from './judgement.ts'

export function resultsOf(judgement: Omit<Judgement, 'results'>, arc: AuthenticationResult): AuthenticationResult[] {
  const { iprev, dkim, dmarc, disposition, override } = judgement
  const told = dmarcAuthentication({ ...dmarc, disposition })
  // Also without a record of the domain's it is said what is done.
  const policy = { type: 'policy', name: 'dmarc', value: disposition }
  const properties =
    dmarc.record === undefined && disposition !== 'none' ? [...told.properties, policy] : told.properties
  const reason = override === undefined ? told.reason : `${dmarc.reason}; ${override.comment}`
  return [
    ...(iprev === undefined ? [] : [iprevAuthentication(iprev)]),
    ...spfTold(judgement),
    ...dkimAuthentication(dkim),
    ...(judgement.arc.instances === 0 ? [] : [arc]),
    { ...told, properties, ...(reason !== undefined && { reason }) },
  ]
}

function spfTold({ spf, reversePath, helo = '' }: Omit<Judgement, 'results'>): AuthenticationResult[] {
  if (spf === undefined) return []
  if (spf.reported === undefined) return [spfAuthentication({ address: '', sender: reversePath, helo }, spf)]
  // Of what others found only the domain is known for sure.
  const isHelo = spf.identity === 'helo'
  return [spfAuthentication({ address: '', sender: isHelo ? '' : spf.domain, helo: spf.domain }, spf)]
}
