/**
 * What the tests want of somebody else's mail server: it takes mail for domains of its own at several addresses, each with
 * other extensions, and relays what it has from this machine to a server of ours.
 */
import type { ChildProcess } from 'node:child_process'
import net from 'node:net'

/** Addresses on loopback, all with one port. */
export interface Faces {
  /** Every extension there is. From here it sends. */
  readonly full: string
  /** Nothing without STARTTLS. */
  readonly strict: string
  /** No STARTTLS and no extension that can be turned off. */
  readonly plain: string
}

/** Messages that are larger are refused by all. */
export const sizeLimit = 3_000_000

export interface PeerOptions {
  /** Its domain is `<name>.test`, and with each face `<face>.<name>.test`. */
  readonly name: string
  readonly port: number
  readonly faces: Faces
  readonly identity: { readonly cert: string; readonly key: string }
  /** Where it sends what is for other domains: a port on 127.0.0.1. It insists on TLS. */
  readonly relay: number
  /** The address of the resolver that it asks, if it asks any. */
  readonly resolver?: string
}

export interface Peer extends PeerOptions {
  /** What arrived so far for all of its domains, with LF line ends. */
  mails(): string[]
  log(): string
  /** Mail for `busy@` its domains is put off with 451 until `busy(false)`. */
  busy(is: boolean): void
  /** Tries what waits in its queue now. */
  flush(): Promise<void>
  stop(): Promise<void>
}

export const faceNames = ['full', 'strict', 'plain'] as const

export function domainsOf(name: string): string[] {
  return [`${name}.test`, ...faceNames.map((face) => `${face}.${name}.test`)]
}

/** 127.0.N.1 and on, for the peer with this number. */
export function facesOf(number: number): Faces {
  const address = (last: number) => `127.0.${number}.${last}`
  return { full: address(1), strict: address(2), plain: address(3) }
}

/** The messages of a file in the mbox format, without the lines that begin them. */
export function mailsOfMbox(text: string): string[] {
  return text.split(/^From \S+ +\w{3} \w{3} .*\n/m).slice(1)
}

/** Resolves when something greets at the port. Throws when the process that should has ended. */
export async function untilListening(process: ChildProcess, port: number, address = '127.0.0.1'): Promise<void> {
  for (;;) {
    if (process.exitCode !== null || process.signalCode !== null)
      throw new Error(`${process.spawnargs.join(' ')} has ended`)
    const listens = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, address)
      socket.once('data', () => {
        socket.destroy()
        resolve(true)
      })
      socket.once('error', () => resolve(false))
    })
    if (listens) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
