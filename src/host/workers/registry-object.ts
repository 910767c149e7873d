/**
 * The administrator's lists as one Durable Object named `registry`, and on one machine the bridges' parking channels. No
 * message waits for it.
 */
import { DurableObject } from 'cloudflare:workers'
import {
  type OutboundRoute,
  type RegisteredAccount,
  type RegisteredDomain,
  RegistryStore,
  type WaitingDestination,
} from '../../routing/index.ts'
import type { RegistryDoor } from './doors.ts'
import type { Env } from './env.ts'
import { log } from './log.ts'
import { ParkingChannels } from './parking/parking-channels.ts'
import { parkingLot } from './parking/parking-lot.ts'
import { durableSql } from './sql.ts'

export class RegistryObject extends DurableObject<Env> implements RegistryDoor {
  readonly #store: RegistryStore
  readonly #parking: ParkingChannels

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#store = new RegistryStore(durableSql(ctx.storage))
    this.#parking = new ParkingChannels(ctx, parkingLot, log)
  }

  domains(): RegisteredDomain[] {
    return this.#store.domains()
  }

  addDomain(domain: string): void {
    this.#store.addDomain(domain, Date.now())
  }

  removeDomain(domain: string): void {
    this.#store.removeDomain(domain)
  }

  accounts(page: { after?: string; limit?: number; domain?: string }): RegisteredAccount[] {
    return this.#store.accounts(page)
  }

  addAccount(account: RegisteredAccount): void {
    this.#store.addAccount(account)
  }

  removeAccount(accountId: string): void {
    this.#store.removeAccount(accountId)
  }

  waiting(): WaitingDestination[] {
    return this.#store.waiting()
  }

  markWaiting(domain: string): void {
    this.#store.markWaiting(domain, Date.now())
  }

  clearWaiting(domain: string): void {
    this.#store.clearWaiting(domain)
  }

  routes(): OutboundRoute[] {
    return this.#store.routes()
  }

  setRoute(route: OutboundRoute): boolean {
    return this.#store.setRoute(route)
  }

  removeRoute(recipient: string, sender?: string): boolean {
    return this.#store.removeRoute(recipient, sender)
  }

  comeFor(parked: string[]): void {
    this.#parking.tell(parked)
  }

  /** The Worker forwards requests for a parking channel, and no others. */
  override fetch(): Response {
    return this.#parking.open()
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#parking.receive(socket, message)
  }

  override webSocketClose(socket: WebSocket): void {
    this.#parking.closed(socket)
  }

  override webSocketError(socket: WebSocket): void {
    this.#parking.closed(socket)
  }
}
