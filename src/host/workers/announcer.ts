/**
 * What brings events of mail from here to the queues of webhooks.
 */
import type { ArrivalPorts } from '../../arrival/index.ts'
import { Announcer } from '../../webhooks/index.ts'
import { shortDigest } from './short-digest.ts'

/** 130 bits: no two events have the same id by chance. */
const idLength = 26

export function announcer(ports: Pick<ArrivalPorts, 'queue'>): Announcer {
  return new Announcer({
    queue: (domain) => ports.queue(domain),
    digest: async (text) => shortDigest(text, idLength),
  })
}
