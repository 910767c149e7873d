/** Stands in for the module of that name: the classes of objects need no more of it than their base. */
export class DurableObject {
  readonly ctx: object
  readonly env: object

  constructor(ctx: object, env: object) {
    this.ctx = ctx
    this.env = env
  }
}
