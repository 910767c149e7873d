/**
 * Answers that a session's object sent before they were asked for: given out when the client says exactly the command that
 * each is for, in order and nothing else before it.
 *
 * While the object owes an offer (it has said so, or was told how many answers were given out, which it always answers),
 * input that nothing is kept for is held back: the offer nearly always has what the client asks for.
 *
 * Limits: `maxOctets` are kept; the object sends less. Security: the object is trusted, the client's bytes are only
 * compared.
 */

export interface AheadOffer {
  /** Pieces of input that the object had when it made the offer. */
  readonly after: number
  /** None: no bytes follow. */
  readonly answers: readonly (readonly [command: string, octets: number])[]
}

interface Kept {
  readonly command: Buffer
  readonly answer: Uint8Array
}

const maxOctets = 4 * 1024 * 1024

export class AheadAnswers {
  #kept: Kept[] = []
  #octets = 0
  /** Given out, and the object not told yet. */
  #untold = 0
  #owed = 0
  /** The offer whose bytes come next. */
  #offer: AheadOffer | undefined

  /** An offer will come. */
  expect(): void {
    this.#owed++
  }

  /** An offer has come; its bytes come next, unless there are no answers in it. */
  announce(offer: AheadOffer): void {
    if (offer.answers.length > 0) this.#offer = offer
    else this.#owed = Math.max(0, this.#owed - 1)
  }

  get announced(): boolean {
    return this.#offer !== undefined
  }

  /** Input should wait for an offer. */
  get awaited(): boolean {
    return this.#owed > 0 && this.#kept.length === 0
  }

  /** The bytes of the offer. Nothing is kept of one that the client's words have overtaken: `forwarded` tells. */
  fill(bytes: Uint8Array, forwarded: number): void {
    const offer = this.#offer
    this.#offer = undefined
    this.#owed = Math.max(0, this.#owed - 1)
    if (offer === undefined || offer.after !== forwarded || this.#octets + bytes.length > maxOctets) return
    let at = 0
    for (const [command, octets] of offer.answers) {
      this.#kept.push({ command: Buffer.from(command, 'latin1'), answer: bytes.subarray(at, at + octets) })
      at += octets
    }
    this.#octets += bytes.length
  }

  /** Gives out what the input asks for; gives the input that remains, which must be forwarded or held back. */
  answer(input: Uint8Array, give: (answer: Uint8Array) => void): Uint8Array {
    let rest = input
    for (let next = this.#kept[0]; next !== undefined && rest.length > 0; next = this.#kept[0]) {
      const { command, answer } = next
      if (rest.length < command.length || command.compare(rest, 0, command.length) !== 0) break
      this.#kept.shift()
      this.#octets -= answer.length
      this.#untold++
      rest = rest.subarray(command.length)
      give(answer)
    }
    return rest
  }

  /** The client said something else. */
  forget(): void {
    this.#kept = []
    this.#octets = 0
  }

  /**
   * How many were given out since the last time; 0 while there is no hurry to tell. `now`: the object is about to get
   * input. Few messages tell of many answers. The object answers each with an offer.
   */
  told(now: boolean): number {
    if (this.#untold === 0 || (!now && this.#untold <= this.#kept.length)) return 0
    const count = this.#untold
    this.#untold = 0
    this.#owed++
    return count
  }
}
