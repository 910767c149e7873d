/**
 * A binary heap: the first of many by an order of one's own, for a handful of steps however many there are.
 */

export class Heap<Item> {
  readonly #items: Item[] = []
  readonly #before: (a: Item, b: Item) => boolean

  constructor(before: (a: Item, b: Item) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#items.length
  }

  get first(): Item | undefined {
    return this.#items[0]
  }

  push(item: Item): void {
    const items = this.#items
    let index = items.length
    items.push(item)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#before(item, items[parent] as Item)) break
      items[index] = items[parent] as Item
      index = parent
    }
    items[index] = item
  }

  /** Takes the first one out. */
  pop(): Item | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= items.length) break
      if (child + 1 < items.length && this.#before(items[child + 1] as Item, items[child] as Item)) child++
      if (!this.#before(items[child] as Item, last)) break
      items[index] = items[child] as Item
      index = child
    }
    items[index] = last
    return first
  }

  clear(): void {
    this.#items.length = 0
  }
}
