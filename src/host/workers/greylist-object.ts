/**
 * A share of the greylist as a Durable Object: client networks are dealt to a fixed number of them by a hash, so that what
 * one domain's mail showed of a network holds for all domains.
 *
 * It is asked about networks that this isolate has not met lately, and only where newcomers are put off at all.
 */
import { DurableObject } from 'cloudflare:workers'
import { GreylistStore } from '../../greylist/index.ts'
import type { GreylistDoor } from './doors.ts'
import type { Env } from './env.ts'
import { durableSql } from './sql.ts'

export class GreylistObject extends DurableObject<Env> implements GreylistDoor {
  readonly #store: GreylistStore

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#store = new GreylistStore(durableSql(ctx.storage))
  }

  isFamiliar(network: number): boolean {
    return this.#store.isFamiliar(network, Date.now())
  }

  meet(network: number, triplet: number, delayMs: number): number {
    return this.#store.meet(network, triplet, delayMs, Date.now())
  }
}
