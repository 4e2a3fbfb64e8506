import { join } from 'node:path'
import express, { Router } from 'express'

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>gendr-graph</title>
<h1>The server is running</h1>
<p>Its editor has not been built. Run <code>node server/start.mjs build</code> and load this page again.</p>
<p>The API works: <a href="/object_info">nodes</a>, <a href="/system_stats">system</a>.</p></html>
`

/**
 * The editor, from where Vite put it, or a page that says how to build it when it is not there; and the client for
 * programs, for pages that import it from here.
 */
export function clientRoutes(folder: string, sdk: string): Router {
  const router = Router()
  router.use('/sdk', express.static(sdk, { index: 'index.js', extensions: ['js'] }))
  // Vite names assets by their content.
  router.use('/assets', express.static(join(folder, 'assets'), { immutable: true, maxAge: '1y', fallthrough: true }))
  router.use(
    express.static(folder, {
      cacheControl: false,
      setHeaders: (response) => response.set('Cache-Control', 'no-cache'),
    }),
  )
  // Reached only when there is no index.html.
  router.get('/', (_request, response) => {
    response.type('html').send(NOT_BUILT)
  })
  return router
}
