/** A bridge's end of the parking channel, and of sessions that it parks and comes for. */
import { bridgeSecret, request, SessionClient } from './house.ts'

export class ParkingClient {
  readonly id: string
  readonly #socket: WebSocket
  readonly #news: string[] = []
  /** It may be told twice. */
  readonly #heard = new Set<string>()
  #waiting: (() => void) | undefined
  #parked = 0

  private constructor(socket: WebSocket, id: string) {
    this.#socket = socket
    this.id = id
    socket.addEventListener('message', (event) => {
      const { news } = JSON.parse(String(event.data)) as { news: string[] }
      this.#news.push(...news.filter((id) => !this.#heard.has(id)))
      for (const id of news) this.#heard.add(id)
      this.#waiting?.()
    })
  }

  static async open(): Promise<ParkingClient> {
    const { webSocket: socket } = await upgrade('/bridge/parking')
    if (socket === null) throw new Error('no channel')
    const opened = new Promise<string>((resolve) =>
      socket.addEventListener(
        'message',
        (event) => resolve((JSON.parse(String(event.data)) as { channel: string }).channel),
        { once: true },
      ),
    )
    socket.accept()
    return new ParkingClient(socket, await opened)
  }

  /** Asks for the session to be parked. Gives its id, once it is; undefined when it is not. */
  async park(session: SessionClient, id = `${this.id}.${++this.#parked}`): Promise<string | undefined> {
    session.say({ park: id })
    const answer = (await session.control()) as { parked?: boolean }
    if (answer.parked !== true) return undefined
    await session.closed()
    return id
  }

  /** The next session that the bridge is told to come for. */
  async news(): Promise<string> {
    for (;;) {
      const next = this.#news.shift()
      if (next !== undefined) return next
      await new Promise<void>((resolve) => (this.#waiting = resolve))
    }
  }

  /** Those it has been told to come for, so far. */
  get told(): readonly string[] {
    return this.#news
  }

  forget(id: string): void {
    this.#socket.send(JSON.stringify({ forget: id }))
  }

  close(): void {
    this.#socket.close(1000)
  }
}

function upgrade(path: string): Promise<Response> {
  return request(path, { headers: { Upgrade: 'websocket', Authorization: `Bearer ${bridgeSecret}` } })
}

/** Comes for a parked session. */
export async function comeFor(id: string): Promise<SessionClient | Response> {
  const response = await upgrade(`/bridge/parked/${id}`)
  return response.webSocket === null ? response : new SessionClient(response.webSocket)
}

export async function resume(id: string): Promise<SessionClient> {
  const session = await comeFor(id)
  if (session instanceof Response) throw new Error(`${session.status} ${await session.text()}`)
  return session
}
