/**
 * Mail out over POP3, as most collectors take it: one message after the other, each asked for when the last has come.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'

/** Logs in, takes every message and leaves all there. Milliseconds of the messages alone, and their octets. */
export async function collect(
  port: number,
  user: string,
  password: string,
): Promise<{ count: number; milliseconds: number; octets: number }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const chunks: AsyncIterator<Buffer> = socket[Symbol.asyncIterator]()
  let octets = 0

  /** The answer to a command, up to its last octets. */
  const say = async (command: string, end: string): Promise<string> => {
    if (command !== '') socket.write(`${command}\r\n`)
    let first = ''
    let tail = ''
    while (!tail.endsWith(end)) {
      const { value, done } = await chunks.next()
      if (done === true) throw new Error(`the server closed the connection after ${command}`)
      octets += value.length
      if (first === '') first = value.subarray(0, 100).toString('latin1')
      tail = (tail + value.subarray(-end.length).toString('latin1')).slice(-end.length)
    }
    if (!first.startsWith('+OK')) throw new Error(first)
    return first
  }

  await say('', '\r\n')
  await say(`USER ${user}`, '\r\n')
  await say(`PASS ${password}`, '\r\n')
  const count = Number((await say('STAT', '\r\n')).split(' ')[1])
  octets = 0
  const start = performance.now()
  for (let number = 1; number <= count; number++) await say(`RETR ${number}`, '\r\n.\r\n')
  const milliseconds = performance.now() - start
  const taken = octets
  await say('QUIT', '\r\n')
  socket.destroy()
  return { count, milliseconds, octets: taken }
}
