/**
 * The Worker's entry: HTTP, and mail from Cloudflare Email Routing. The objects do the rest.
 */
import { type Env, handleEmail, handleRequest } from './host/workers/index.ts'

export {
  AccountObject,
  ApiObject,
  DmarcObject,
  DomainObject,
  GreylistObject,
  ListObject,
  QueueObject,
  RegistryObject,
  ReportObject,
  TraceObject,
} from './host/workers/index.ts'

export default {
  fetch: handleRequest,
  email: handleEmail,
} satisfies ExportedHandler<Env>
