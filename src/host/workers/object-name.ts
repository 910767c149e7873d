/**
 * The name under which an object is reached, in every kind of event: all our objects are made by name.
 */
export function nameOf(ctx: DurableObjectState): string {
  const { name } = ctx.id
  if (name === undefined) throw new Error('an object of this class is always reached by its name')
  return name
}
