import { invalidProperties, SetError } from '../../../protocol/jmap/index.ts'

/**
 * What several readings of one record find, so that the client hears of everything that is wrong at once (RFC 8620 §5.3):
 * `invalidProperties` of all of them are thrown as one, and go before any other SetError.
 */
export function together<Results extends unknown[]>(
  ...readings: { [Index in keyof Results]: () => Results[Index] }
): Results {
  const wrong = new Set<string>()
  const refusals: SetError[] = []
  const results = readings.map((read) => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof SetError)) throw error
      refusals.push(error)
      if (error.type === 'invalidProperties')
        for (const name of error.properties['properties'] as string[]) wrong.add(name)
      return undefined
    }
  })
  const invalid = refusals.filter(({ type }) => type === 'invalidProperties')
  const [first] = invalid.length === 0 ? refusals : invalid
  if (first === undefined) return results as Results
  throw invalid.length > 1 ? invalidProperties([...wrong]) : first
}
