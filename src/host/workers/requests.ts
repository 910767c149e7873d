/**
 * HTTP requests: the Hono application over this Worker's bindings.
 */
import { httpApp } from '../http/index.ts'
import type { Env } from './env.ts'
import { workersHouse } from './house.ts'

/** One application for each environment an isolate sees: in practice, one. */
const apps = new WeakMap<object, ReturnType<typeof httpApp>>()

export function handleRequest(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response> {
  let app = apps.get(env)
  if (app === undefined) apps.set(env, (app = httpApp(workersHouse(env))))
  return app.fetch(request, env, ctx)
}
