import type { Answer, World } from '../../access/jmap/world.ts'

/** Mailboxes by name: ids. */
export async function make(world: World, ...names: string[]): Promise<Record<string, string>> {
  const create = Object.fromEntries(names.map((name) => [name, { name }]))
  const { created } = await world.call('Mailbox/set', { create })
  return Object.fromEntries(names.map((name) => [name, created[name].id]))
}

export async function names(world: World): Promise<Record<string, string>> {
  const { list } = await world.call('Mailbox/get', { properties: ['name'] })
  return Object.fromEntries(list.map(({ id, name }: Answer) => [id, name]))
}
