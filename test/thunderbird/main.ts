/**
 * Thunderbird as a window that nobody sees: logs in, shows a message, stars and archives it, and hears of new mail.
 *
 * Run by hand, `node test/thunderbird/main.ts`, since it takes a minute and Debian's packages thunderbird, xvfb, xdotool
 * and scrot. Screenshots are left in `dist/thunderbird`.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { alice, readMailbox, sendFromOutside } from '../interop/clients.ts'
import { removeDirectory, startFacteur } from '../interop/server.ts'
import { profile } from './profile.ts'

const run = promisify(execFile)
const pictures = resolve(import.meta.dirname, '..', '..', 'dist', 'thunderbird')
const patience = 60_000

/** Repeats until it does not throw; gives up with what it threw last. */
async function until<T>(what: string, attempt: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + patience; ;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > end) throw new Error(`${what} did not happen`, { cause: error })
      await wait(500)
    }
  }
}

function demand(condition: boolean, what: string): void {
  if (!condition) throw new Error(what)
}

const server = await startFacteur()
const home = join(server.data, 'thunderbird')
mkdirSync(home, { recursive: true })
mkdirSync(pictures, { recursive: true })
writeFileSync(join(home, 'user.js'), profile(server, alice))
await sendFromOutside(server, { to: alice, subject: 'Shown in Thunderbird', text: 'This message is on the server.' })

// Xvfb says on descriptor 3 which display it has found free.
const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x800x24'], {
  stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
})
const [display] = (await once(screen.stdio[3] as NodeJS.ReadableStream, 'data')) as [Buffer]
const env = { ...process.env, HOME: home, DISPLAY: `:${display.toString().trim()}` }
const thunderbird = spawn('thunderbird', ['--profile', home, '--no-remote'], { env, stdio: 'ignore' })

const x = async (...args: string[]) => (await run('xdotool', args, { env })).stdout
const window = (name: string) => until(`a window "${name}"`, () => x('search', '--onlyvisible', '--name', name))
const picture = (name: string) => run('scrot', ['-o', join(pictures, `${name}.png`)], { env })
const flagsOf = async (mailbox: string) => (await readMailbox(server, alice, mailbox))[0]?.flags ?? []

try {
  const asking = await window('Enter your password')
  await x('windowfocus', '--sync', asking.trim().split('\n')[0] as string)
  await x('type', '--delay', '30', server.password)
  await x('key', 'Return')
  await window('Inbox - ')
  // N goes to the next unread message and shows it; pressed until there is one.
  await until('the message shown', async () => {
    await x('key', 'n')
    await wait(1_000)
    demand((await flagsOf('INBOX')).includes('\\Seen'), 'the message has not been read')
  })
  await wait(1_000)
  await picture('message')
  await x('key', 's')
  await until('the star', async () => demand((await flagsOf('INBOX')).includes('\\Flagged'), 'no star'))
  await x('key', 'a')
  await until('the archive', async () => demand((await flagsOf('Archive')).includes('\\Flagged'), 'not archived'))
  await sendFromOutside(server, { to: alice, subject: 'Told in IDLE', text: 'It came later.' })
  await until('the new message shown', async () => {
    await x('key', 'n')
    await wait(1_000)
    demand((await flagsOf('INBOX')).includes('\\Seen'), 'the new message has not been read')
  })
  await wait(1_000)
  await picture('new-message')
  demand(!/"level":"error"/.test(server.log()), server.log())
  console.log(`Thunderbird has shown, starred and archived a message and heard of a new one: see ${pictures}`)
} catch (error) {
  await picture('failure')
  throw error
} finally {
  thunderbird.kill()
  screen.kill()
  await server.stop()
  removeDirectory(server.data)
}
