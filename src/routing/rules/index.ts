export { authenticationOf } from './authentication.ts'
export { compile, type RuledAddress } from './condition.ts'
export { explain, type ExplainedRule } from './explain.ts'
export { folded, glob } from './glob.ts'
export { type MessageFacts, Reading } from './reading.ts'
export {
  type Actions,
  type AuthenticationMethod,
  type Condition,
  largestRules,
  mostRules,
  type Rule,
  type RuleChange,
  type RuleList,
  type RuleSource,
} from './rule.ts'
export { compileRules, type Fate, type Marks, type Rules, type Ruling } from './ruling.ts'
export { RuleStore } from './rule-store.ts'
