/**
 * A program on a terminal that a test reads and types at, by tmux.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, vi } from 'vitest'

const run = promisify(execFile)
const patience = { timeout: 15_000, interval: 50 }

/** Resolves when what a program does in its own time has been done: when `check` no longer rejects. */
export async function eventually(check: () => Promise<void>): Promise<void> {
  await vi.waitFor(check, patience)
}

export class Terminal {
  readonly #socket: string

  private constructor(socket: string) {
    this.#socket = socket
  }

  /** Starts a shell command on a terminal of 120 columns and 32 lines. tmux keeps its socket in `HOME`. */
  static async open(command: string, environment: Readonly<{ HOME: string }>): Promise<Terminal> {
    const terminal = new Terminal(join(environment.HOME, 'tmux'))
    const variables = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`])
    // -f: no configuration of whoever runs the tests.
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', '120', '-y', '32', ...variables, command)
    await terminal.#tmux('set-option', '-g', 'remain-on-exit', 'on')
    return terminal
  }

  /** Types characters as they are. */
  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', text)
  }

  /** Presses a key by its name, such as `Enter`. */
  async press(key: string): Promise<void> {
    await this.#tmux('send-keys', key)
  }

  async screen(): Promise<string> {
    return this.#tmux('capture-pane', '-p')
  }

  /** Resolves with the screen when it shows this; fails with what it shows instead. */
  async shows(expected: RegExp): Promise<string> {
    return vi.waitFor(async () => {
      const screen = await this.screen()
      expect(screen).toMatch(expected)
      return screen
    }, patience)
  }

  /** Ends the program. */
  async close(): Promise<void> {
    await this.#tmux('kill-server')
  }

  async #tmux(...args: string[]): Promise<string> {
    const { stdout } = await run('tmux', ['-S', this.#socket, ...args])
    return stdout
  }
}
