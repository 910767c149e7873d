/**
 * The description of the API for people: one page made from the OpenAPI document, without scripts and without strangers.
 *
 * Security: everything shown comes from our own declarations, and is escaped all the same.
 */

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly description?: string
}

interface Operation {
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly description?: string
    readonly schema: Schema
  }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >
}

interface Description {
  readonly info: { readonly title: string; readonly summary: string; readonly description: string }
  readonly servers: readonly { readonly url: string }[]
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h2{border-bottom:2px solid #ddd;margin-top:3rem}h3{font:600 1rem ui-monospace,monospace;margin:2rem 0 0}h3 b{color:#06c}
table{border-collapse:collapse;width:100%;margin:.5rem 0}td,th{border-top:1px solid #ddd;padding:.2rem .6rem .2rem 0;text-align:left;vertical-align:top}
code{font-family:ui-monospace,monospace;font-size:.9em}p{margin:.3rem 0}nav a{margin-right:1rem}.where{color:#666}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}a{color:#8bf}h3 b{color:#8bf}td,th,h2{border-color:#444}.where{color:#999}}`

export function describingPage(description: object): Response {
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-cache',
  }
  return new Response(pageOf(description as Description), { headers })
}

function pageOf({ info, servers, tags, paths, components }: Description): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const sections = tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name))
    const shown = own.map(({ path, method, operation }) => operationText(path, method, operation))
    return `<h2 id="${escaped(name)}">${escaped(name)}</h2>\n${shown.join('\n')}`
  })
  const shapes = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<h3 id="${escaped(name)}">${escaped(name)}</h3>${paragraph(schema.description)}${fields(schema)}`,
  )
  const links = [...tags.map(({ name }) => name), 'Shapes'].map(
    (name) => `<a href="#${escaped(name)}">${escaped(name)}</a>`,
  )
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(info.title)}: the HTTP API</title><style>${style}</style></head><body>
<h1>${escaped(info.title)}: the HTTP API</h1>
<p>${escaped(info.summary)} The same for programs: <a href="${escaped(servers[0]?.url ?? '')}/openapi.json">openapi.json</a>.</p>
${paragraph(info.description)}
<nav>${links.join(' ')}</nav>
${sections.join('\n')}
<h2 id="Shapes">Shapes</h2>
${shapes.join('\n')}
</body></html>
`
}

function operationText(path: string, method: string, operation: Operation): string {
  const { summary, description, parameters = [], requestBody, responses } = operation
  const rows = parameters.map(({ name, in: where, required, description: about, schema }) =>
    row(name, where, schema, required === true, about),
  )
  const bodies = Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) => bodyText('Body', type, schema))
  const answers = Object.entries(responses)
    .filter(([status]) => status !== 'default')
    .map(([status, { content = {} }]) => {
      const [type, shape] = Object.entries(content)[0] ?? []
      return shape === undefined ? `<p>${status}</p>` : bodyText(status, type as string, shape.schema)
    })
  const table = rows.length === 0 ? '' : `<table>${rows.join('')}</table>`
  return `<h3><b>${method.toUpperCase()}</b> ${escaped(path)}</h3><p>${escaped(summary)}.</p>${paragraph(description)}${table}${bodies.join('')}${answers.join('')}`
}

function bodyText(title: string, type: string, schema: Schema): string {
  const media = type === 'application/json' ? '' : ` <code>${escaped(type)}</code>`
  return `<p>${title}${media}: ${typeText(schema)}</p>${paragraph(schema.description)}${fields(schema)}`
}

function fields({ properties = {}, required = [], enum: values }: Schema): string {
  if (values !== undefined) return `<p>${values.map((value) => code(String(value))).join(', ')}</p>`
  const rows = Object.entries(properties).map(([name, schema]) =>
    row(name, '', schema, required.includes(name), schema.description),
  )
  return rows.length === 0 ? '' : `<table>${rows.join('')}</table>`
}

function row(name: string, where: string, schema: Schema, isRequired: boolean, about = ''): string {
  const marks = [where, isRequired ? '' : 'optional'].filter((mark) => mark !== '').join(', ')
  return `<tr><td>${code(name)} <span class="where">${marks}</span></td><td>${typeText(schema)}</td><td>${withCode(about)}</td></tr>`
}

function typeText(schema: Schema): string {
  const { $ref, type, enum: values, const: only, anyOf, items } = schema
  if ($ref !== undefined) {
    const name = escaped($ref.slice($ref.lastIndexOf('/') + 1))
    return `<a href="#${name}">${name}</a>`
  }
  if (anyOf !== undefined) return anyOf.map(typeText).join(' or ')
  if (only !== undefined) return code(JSON.stringify(only))
  if (values !== undefined) return values.map((value) => code(String(value))).join(' | ')
  if (type === 'array') return `list of ${items === undefined ? 'anything' : typeText(items)}`
  return escaped(Array.isArray(type) ? type.join(' or ') : String(type ?? 'anything'))
}

function paragraph(text: string | undefined): string {
  return text === undefined ? '' : `<p>${withCode(text)}</p>`
}

function withCode(text: string): string {
  return escaped(text).replace(/`([^`]*)`/g, '<code>$1</code>')
}

function code(text: string): string {
  return `<code>${escaped(text)}</code>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
