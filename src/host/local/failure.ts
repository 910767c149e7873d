/**
 * Why this machine cannot run the server as asked: one sentence for the operator, who can act on it.
 */
export class LocalHostError extends Error {
  override readonly name = 'LocalHostError'
}
