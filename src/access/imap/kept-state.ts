/**
 * What of a session is kept while it sleeps.
 *
 * Limits: `ImapSessionLimits.state` bounds each part, so that the whole fits a socket's attachment.
 */
import type { CommandReader } from '../../protocol/imap/index.ts'
import type { Context } from './context.ts'
import type { ImapSessionState } from './session-state.ts'

/** Undefined when that is too much: then the session must be kept in memory. */
export function stateOf(context: Context, reader: CommandReader, badCommands: number): ImapSessionState | undefined {
  const { enabled, selected, visiting, idle, limits, watch } = context
  const state: ImapSessionState = { version: 1, enabled: [...enabled] }
  if (idle !== undefined) state.idle = idle
  if (watch !== undefined) state.notify = watch.wishes
  if (context.watched.size > 0) {
    state.watched = [...context.watched]
    if (JSON.stringify(state.watched).length > limits.state) return undefined
  }
  if (context.compressed) state.compressed = true
  if (badCommands > 0) state.badCommands = badCommands
  if (selected !== undefined) {
    const kept = selected.state(limits.state)
    if (kept === undefined) return undefined
    state.selected = kept
  }
  if (visiting !== undefined) {
    const { host, state: there } = visiting
    // As much as a selected mailbox of one's own may take.
    if (JSON.stringify(there).length > 3 * limits.state) return undefined
    state.visiting = { host, state: there }
  }
  if (!reader.empty) {
    const input = reader.snapshot(limits.state)
    if (input === undefined) return undefined
    state.input = input
  }
  return state
}
