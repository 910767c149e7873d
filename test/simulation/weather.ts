/**
 * What goes wrong in our own house and what its operator does, as the plan has it.
 */
import type { SimulatedDns } from './dns.ts'
import type { DurableObjectOfTest } from './durable-object.ts'
import type { ObjectHouse } from './object-house.ts'
import { workers } from './objects.ts'
import { operate } from './operator.ts'
import { rulesOf } from './addresses.ts'
import type { AddressChange, Ambush, Trouble } from './troubles.ts'
import { readQueue } from './queue-view.ts'
import type { Scene } from './scene.ts'

export interface WeatherPorts {
  scene: Scene
  house: ObjectHouse
  /** They are back after so many milliseconds. */
  crashWorker: (away: number) => void
  crashBridge: (away: number) => void
}

export class Weather {
  /** Aliases whose rules are taken away. */
  readonly #unruled: string[] = []
  readonly #ports: WeatherPorts

  constructor(ports: WeatherPorts) {
    this.#ports = ports
  }

  /** Appoints all that has a time. */
  begin(dns: SimulatedDns): void {
    const { house, scene } = this.#ports
    const { plan, time, trace } = scene
    for (const change of plan.dns) {
      dns.schedule(
        change,
        (after, run) => void time.after(after, run),
        (line) => trace.note(line),
      )
    }
    for (const change of plan.addresses) time.after(change.at, () => this.#readdress(change))
    for (const trouble of plan.troubles) time.after(trouble.at, () => this.#befall(trouble))
    for (const command of plan.commands) time.after(command.at, () => operate(command, house, scene))
  }

  /** So many events have been. */
  strike(step: number): void {
    const { scene, house } = this.#ports
    for (const blow of scene.plan.blows) {
      if (blow.step !== step) continue
      scene.trace.note(`blow: ${JSON.stringify(blow)}`)
      if (blow.victim === 'all') this.#crashAll(blow.kept, 5_000)
      else house.last?.crash(blow.kept)
    }
  }

  /** A hand-over has come to where an ambush is laid. */
  spring(ambush: Ambush, caller: DurableObjectOfTest | undefined, callee: DurableObjectOfTest | undefined): void {
    const { scene, house, crashWorker, crashBridge } = this.#ports
    const { victim, effect, kept, lasts } = ambush
    scene.trace.note(`ambush: ${JSON.stringify(ambush)}`)
    const object = victim === 'caller' ? caller : callee
    if (victim === 'all') this.#crashAll(kept, 5_000)
    else if (effect === 'hold' || effect === 'retry' || effect === 'delete') {
      const domain = object?.kind === 'QUEUE' ? readQueue(object.database)[0]?.domain : undefined
      if (domain !== undefined) operate({ at: 0, what: effect, domain, nth: 0 }, house, scene)
    } else if (object !== undefined && effect === 'disk-full') this.#fillDisk(object, lasts)
    else if (object !== undefined && effect === 'commit-fails') object.failsNextCommit = true
    else if (object !== undefined) object.crash(kept)
    else if (victim === 'caller') crashWorker(1_000)
    else crashBridge(5_000)
  }

  #befall(trouble: Trouble): void {
    const { scene, house, crashWorker, crashBridge } = this.#ports
    scene.trace.note(`trouble: ${JSON.stringify(trouble)}`)
    switch (trouble.what) {
      case 'crash-object':
        return house.meant(trouble.kind, trouble.name)?.crash(trouble.kept)
      case 'crash-worker':
        return crashWorker(trouble.away)
      case 'crash-bridge':
        return crashBridge(trouble.away)
      case 'crash-all':
        return this.#crashAll(trouble.kept, trouble.away)
      case 'commit-fails':
        house.make(trouble.kind, trouble.name).failsNextCommit = true
        return
      case 'disk-full':
        this.#fillDisk(house.make(trouble.kind, trouble.name), trouble.lasts)
    }
  }

  #crashAll(kept: boolean, away: number): void {
    const { house, crashWorker, crashBridge } = this.#ports
    crashBridge(away)
    crashWorker(away)
    for (const object of house.all) object.crash(kept)
  }

  #fillDisk({ database, label }: DurableObjectOfTest, lasts: number): void {
    const { time, trace } = this.#ports.scene
    database.refusal = 'database or disk is full: SQLITE_FULL'
    time.after(lasts, () => {
      trace.note(`${label}: there is room again`)
      database.refusal = undefined
    })
  }

  #readdress({ method, domain, localPart }: AddressChange): void {
    const { trace, plan } = this.#ports.scene
    trace.note(`addresses: ${method} ${localPart}@${domain}`)
    workers.forgetDirectory()
    const asRule = plan.ruled && method === 'removeAlias'
    if (asRule) this.#unruled.push(localPart)
    const [name, value] = asRule ? ['setRules', rulesOf(domain, this.#unruled)] : [method, localPart]
    this.#ports.house.object('DOMAIN', domain).call(name, [value], {
      answered: () => undefined,
      failed: (error) => trace.note(`addresses: ${error.message}`),
    })
  }
}
