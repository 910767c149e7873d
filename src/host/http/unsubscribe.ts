/**
 * Leaving a distribution list: what the link in a copy leads to.
 *
 * Standards: RFC 8058 §3.1 (a POST by the mail program leaves at once, a GET by whoever follows links does not).
 * Security: the token in the link is all that is needed, and only the member's copies have it.
 */
import { Hono } from 'hono'
import { AdminError } from '../../access/admin/index.ts'
import type { House } from './house.ts'

export function unsubscribeRoutes({ administration: { lists } }: House): Hono {
  const app = new Hono()
  app.get('/unsubscribe', ({ req }) =>
    page(
      200,
      'Leave the list?',
      `<form method="post"><p>You get no more mail of ${escaped(req.query('list') ?? 'the list')}.</p><button>Leave the list</button></form>`,
    ),
  )
  app.post('/unsubscribe', async ({ req }) => {
    const { list = '', token = '' } = req.query()
    // Somebody who is no member any more has what they want: a second click is no error.
    await leave(list, token)
    return page(200, 'You have left the list', `<p>No more mail of ${escaped(list)} comes to you.</p>`)
  })

  async function leave(list: string, token: string): Promise<void> {
    try {
      await lists.unsubscribe(list, token)
    } catch (error) {
      if (!(error instanceof AdminError)) throw error
    }
  }
  return app
}

function page(status: number, title: string, content: string): Response {
  const html = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="robots" content="noindex" />
    <title>${title}</title>
    <link rel="stylesheet" href="/page.css" />
  </head>
  <body>
    <main>
      <h1>${title}</h1>
      ${content}
    </main>
  </body>
</html>
`
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
  }
  return new Response(html, { status, headers })
}

function escaped(text: string): string {
  return text.slice(0, 320).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
