import { invalidArguments, MethodError, type Json, type JsonObject } from '../../../protocol/jmap/index.ts'

/** What a condition's value means; undefined when it has a wrong type. */
export type ConditionReaders<T> = Readonly<Record<string, (value: Json) => T | undefined>>

/**
 * The conditions of one FilterCondition, each by its reader (RFC 8620 §5.5). Throws `unsupportedFilter` for one that has no
 * reader, `invalidArguments` for a wrong type.
 */
export function readConditions<T>(readers: ConditionReaders<T>, value: JsonObject): [name: string, T][] {
  return Object.entries(value).map(([name, wanted]) => {
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined
    if (read === undefined) throw new MethodError('unsupportedFilter', `Unknown condition ${JSON.stringify(name)}.`)
    const checked = read(wanted)
    if (checked === undefined) throw invalidArguments(`The condition ${name} has a wrong type.`)
    return [name, checked]
  })
}

/** As {@link readConditions} where each condition is a test: all of them together. */
export function testOf<T>(
  readers: ConditionReaders<(record: T) => boolean>,
  value: JsonObject,
): (record: T) => boolean {
  const tests = readConditions(readers, value).map(([, test]) => test)
  return (record) => tests.every((test) => test(record))
}
