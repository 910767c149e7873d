export interface CharsetText {
  text: string
  /** The charset is unknown, or the octets are not what it allows (RFC 8621 §4.1.4 `isEncodingProblem`). */
  problem: boolean
}
