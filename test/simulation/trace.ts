/**
 * What happened, in the order in which it happened: read when a run fails.
 */
import type { VirtualTime } from './virtual-time.ts'

export class Trace {
  readonly #time: VirtualTime
  #isOpen = true
  readonly #lines: [number, string][] = []

  constructor(time: VirtualTime) {
    this.#time = time
  }

  /** What comes later is the end of the stage, not of the story. */
  close(): void {
    this.#isOpen = false
  }

  note(line: string): void {
    if (this.#isOpen) this.#lines.push([this.#time.passed, line])
  }

  /** One line an event, each with the time since the beginning. */
  toString(): string {
    return this.#lines.map(([at, line]) => `${stamp(at)}  ${plain(line)}`).join('\n')
  }
}

const two = (value: number): string => String(value).padStart(2, '0')

function stamp(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  const clock = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return `${Math.floor(seconds / 86_400)}d ${clock}.${String(milliseconds % 1000).padStart(3, '0')}`
}

/** The Worker's log speaks JSON; people do not. */
function plain(line: string): string {
  if (!line.startsWith('{')) return line
  try {
    const { event, level, ...facts } = JSON.parse(line) as Record<string, unknown>
    const rest = Object.entries(facts).map(
      ([name, value]) => `${name}=${typeof value === 'string' ? value.split('\n', 1)[0] : JSON.stringify(value)}`,
    )
    return `${level === 'info' ? '' : `${String(level)}: `}${String(event)} ${rest.join(' ')}`.slice(0, 300)
  } catch {
    return line
  }
}
