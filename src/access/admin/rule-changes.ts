/**
 * What a change of rules was, for the audit log: which came, which went, and which are other ones now.
 */
import type { Rule } from '../../routing/index.ts'

/** A line for each: `+` with its content, `-` with its name, `~` with its content as it is now, and their order. */
export function ruleChanges(before: readonly Rule[], after: readonly Rule[]): string[] {
  const were = new Map(before.map((rule) => [rule.name, rule]))
  const are = new Set(after.map(({ name }) => name))
  const gone = before.filter(({ name }) => !are.has(name)).map(({ name }) => `- ${name}`)
  const others = after.flatMap((rule) => {
    const was = were.get(rule.name)
    if (was === undefined) return [`+ ${rule.name}: ${contentOf(rule)}`]
    return contentOf(was) === contentOf(rule) ? [] : [`~ ${rule.name}: ${contentOf(rule)}`]
  })
  const both = (rules: readonly Rule[]) =>
    rules.map(({ name }) => name).filter((name) => were.has(name) && are.has(name))
  const order = both(after)
  const isOther = both(before).some((name, at) => name !== order[at])
  return [...gone, ...others, ...(isOther ? [`order: ${order.join(', ')}`] : [])]
}

function contentOf(rule: Rule): string {
  return JSON.stringify({ ...rule, name: undefined })
}
