import { canonicalDomain, type Directory, type DomainStore } from '../../src/routing/index.ts'

/** A directory in which this domain is all there is. */
export function directoryOf(store: DomainStore): Directory {
  return {
    lookup: (domain, localPart) =>
      Promise.resolve(canonicalDomain(domain) === store.domain ? store.lookup(localPart) : { kind: 'foreign' }),
  }
}
