/** The people of the user's domain. */
export interface PeopleLookup {
  /** All, or those of these account ids that exist. */
  people(
    ids?: readonly string[],
  ): Promise<{ readonly people: readonly { readonly id: string; readonly address: string }[] }>
}
