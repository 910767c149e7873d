/**
 * A password without showing it: from the terminal with echo off, or the first line of a pipe.
 */
import { stdin, stdout } from 'node:process'
import { UsageError } from './failure.ts'

const LONGEST = 1024

/** Asks for a password. Throws UsageError when none was given. */
export async function readPassword(prompt: string): Promise<string> {
  const password = stdin.isTTY ? await fromTerminal(prompt) : await fromPipe()
  if (password === '') throw new UsageError('the password is empty.')
  return password
}

async function fromPipe(): Promise<string> {
  let text = ''
  stdin.setEncoding('utf8')
  for await (const chunk of stdin) {
    text += String(chunk)
    if (text.includes('\n') || text.length > LONGEST) break
  }
  return (text.split('\n')[0] ?? '').replace(/\r$/, '')
}

function fromTerminal(prompt: string): Promise<string> {
  stdout.write(prompt)
  stdin.setRawMode(true)
  stdin.setEncoding('utf8')
  stdin.resume()
  return new Promise((resolve, reject) => {
    let text = ''
    const finish = (act: () => void) => {
      stdin.setRawMode(false)
      stdin.pause()
      stdin.off('data', type)
      stdout.write('\n')
      act()
    }
    const type = (input: string) => {
      for (const key of input) {
        if (key === '\r' || key === '\n') return finish(() => resolve(text))
        if (key === '\u0003' || key === '\u0004') return finish(() => reject(new UsageError('interrupted.')))
        if (key === '\u007f' || key === '\b') text = text.slice(0, -1)
        else if (text.length < LONGEST) text += key
      }
    }
    stdin.on('data', type)
  })
}
