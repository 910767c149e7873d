/** What the tagged OK says. */
export interface Completion {
  text: string
  /** A response code without brackets. */
  code?: string
  /** A NO although the command has done what it could (RFC 2180 §4.1). */
  type?: 'NO'
}
