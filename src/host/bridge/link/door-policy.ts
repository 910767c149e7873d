/** What the Worker wants strangers to meet at the door for mail: it has the settings, a bridge has the clients. */

export interface DoorPolicy {
  /** Networks to which none of it applies, as `10.0.0.0/8`. */
  readonly trusted: readonly string[]
  /** `client` is to be asked about each stranger. */
  readonly screened: boolean
  readonly rates: DoorRates
}

/** Of one network in a minute; 0: as many as it likes. */
export interface DoorRates {
  readonly connections: number
  readonly messages: number
  readonly recipients: number
  /** Recipients that do not exist. */
  readonly unknown: number
}

/** Undefined for anything that is not exactly a policy. */
export function doorOf(value: unknown): DoorPolicy | undefined {
  const { trusted, screened, rates } = (value ?? {}) as Record<string, unknown>
  const { connections, messages, recipients, unknown } = (rates ?? {}) as Record<string, unknown>
  if (!Array.isArray(trusted) || !trusted.every(isNetwork) || typeof screened !== 'boolean') return undefined
  if (!isRate(connections) || !isRate(messages) || !isRate(recipients) || !isRate(unknown)) return undefined
  return { trusted, screened, rates: { connections, messages, recipients, unknown } }
}

function isNetwork(value: unknown): value is string {
  return typeof value === 'string' && /^(?:[0-9.]+|[0-9a-f:]+)\/\d{1,3}$/.test(value)
}

function isRate(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
