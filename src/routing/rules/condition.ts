/**
 * Whether a condition holds of a message: yes, no, or not known yet.
 *
 * At RCPT only the envelope is known. What depends on more is left open then, by the logic of three values: "and" with a no
 * is no, "or" with a yes is yes, whatever else may come.
 */
import { glob } from './glob.ts'
import type { Reading } from './reading.ts'
import type { AuthenticationMethod, Condition } from './rule.ts'

/** The address that the rules are asked about, canonical. */
export interface RuledAddress {
  /** Without subaddress. */
  readonly recipient: string
  readonly subaddress: string
}

/** Undefined: not known yet. */
export type Truth = boolean | undefined

export type Test = (address: RuledAddress, message: Reading) => Truth

export function compile(condition: Condition): Test {
  const { recipient, subaddress, sender, header, size, authentication, source, all: every, any: some, not } = condition
  const tests: Test[] = []
  if (recipient !== undefined) tests.push(onText(recipient, (address) => address.recipient))
  if (subaddress !== undefined) tests.push(onText(subaddress, (address) => address.subaddress))
  if (sender !== undefined) tests.push(onText(sender, (_, message) => message.sender))
  if (source !== undefined) tests.push((_, { facts }) => facts.source && source.includes(facts.source))
  if (size !== undefined) tests.push(onSize(size))
  if (authentication !== undefined) tests.push(onAuthentication(authentication))
  if (header !== undefined) tests.push(onHeader(header))
  if (every !== undefined) tests.push(all(every.map(compile)))
  if (some !== undefined) tests.push(any(some.map(compile)))
  if (not !== undefined) tests.push(none(compile(not)))
  return tests.length === 1 ? (tests[0] as Test) : all(tests)
}

function onText(pattern: string, textOf: (address: RuledAddress, message: Reading) => string): Test {
  const fits = glob(pattern)
  return (address, message) => fits(textOf(address, message))
}

function onSize({ over = -1, under = Infinity }: NonNullable<Condition['size']>): Test {
  return (_, { facts: { size: octets } }) => (octets === undefined ? undefined : octets > over && octets < under)
}

function onAuthentication(wanted: NonNullable<Condition['authentication']>): Test {
  const methods = Object.entries(wanted) as [AuthenticationMethod, readonly string[]][]
  return (_, { facts: { authentication } }) =>
    authentication === undefined
      ? undefined
      : methods.every(([method, results]) => results.includes(authentication[method]))
}

function onHeader({ name, value }: NonNullable<Condition['header']>): Test {
  const lower = name.toLowerCase()
  const fits = value === undefined ? undefined : glob(value)
  return (_, message) => {
    const { header } = message.facts
    if (header === undefined || fits === undefined) return header?.has(lower)
    return message.values(lower).some(fits)
  }
}

function all(tests: readonly Test[]): Test {
  return (address, message) => {
    let result: Truth = true
    for (const test of tests) {
      const truth = test(address, message)
      if (truth === false) return false
      if (truth === undefined) result = undefined
    }
    return result
  }
}

function any(tests: readonly Test[]): Test {
  return (address, message) => {
    let result: Truth = false
    for (const test of tests) {
      const truth = test(address, message)
      if (truth === true) return true
      if (truth === undefined) result = undefined
    }
    return result
  }
}

function none(test: Test): Test {
  return (address, message) => {
    const truth = test(address, message)
    return truth === undefined ? undefined : !truth
  }
}
