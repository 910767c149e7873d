/**
 * ReportLanguage/get and ReportLanguage/set: in which language the account's person gets reports. An extension of ours,
 * described in docs/jmap-report-language.md.
 *
 * It is a setting and no data of the account, so it has no state, and nothing is pushed when it changes.
 *
 * Standards: RFC 8620 §1.8 (vendor extensions), RFC 5646 (language tags).
 */
import { reportLanguages } from '../../format/index.ts'
import {
  Arguments,
  checkAccount,
  invalidArguments,
  reportLanguageCapability,
  type Method,
} from '../../protocol/jmap/index.ts'
import type { OwnContext } from './context.ts'

export function reportLanguageGet(context: OwnContext): Method {
  return {
    capability: reportLanguageCapability,
    run(values) {
      checkAccount(new Arguments(values, ['accountId']), context.account.id)
      return answer(context)
    },
  }
}

export function reportLanguageSet(context: OwnContext): Method {
  return {
    capability: reportLanguageCapability,
    run(values) {
      const args = new Arguments(values, ['accountId', 'language'])
      checkAccount(args, context.account.id)
      if (!args.has('language')) throw invalidArguments('language is missing; null is as messages say')
      const language = args.string('language')?.toLowerCase()
      if (language !== undefined && !reportLanguages.includes(language)) {
        throw invalidArguments(`language must be null or one of ${reportLanguages.join(', ')}`)
      }
      context.store.updateAccount({ language })
      return answer(context)
    },
  }
}

function answer({ account, store }: OwnContext): ReturnType<Method['run']> {
  const { language = null } = store.facts
  return { arguments: { accountId: account.id, language, languages: [...reportLanguages] } }
}
