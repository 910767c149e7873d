/**
 * Asks the other end of a session for a sign of life: `{"alive": true}` there and back. A bridge answers for its client's
 * connection while it has it.
 */

/** A bridge answers at once; the network between may need a moment. */
const ANSWER_MS = 5_000

interface Question {
  readonly answer: Promise<boolean>
  readonly settle: (alive: boolean) => void
}

export class SessionAlive {
  readonly #answerMs: number
  readonly #asked = new Map<WebSocket, Question>()

  constructor(answerMs = ANSWER_MS) {
    this.#answerMs = answerMs
  }

  /** Whether an answer comes. Those who ask while a question is open share its answer. */
  shows(socket: WebSocket): Promise<boolean> {
    const asked = this.#asked.get(socket)
    if (asked !== undefined) return asked.answer
    if (socket.readyState !== WebSocket.OPEN) return Promise.resolve(false)
    const { promise: answer, resolve } = Promise.withResolvers<boolean>()
    const settle = (alive: boolean): void => {
      clearTimeout(timer)
      this.#asked.delete(socket)
      resolve(alive)
    }
    const timer = setTimeout(() => settle(false), this.#answerMs)
    this.#asked.set(socket, { answer, settle })
    socket.send('{"alive":true}')
    return answer
  }

  seen(socket: WebSocket): void {
    this.#asked.get(socket)?.settle(true)
  }

  /** The socket is closed. */
  ended(socket: WebSocket): void {
    this.#asked.get(socket)?.settle(false)
  }
}
