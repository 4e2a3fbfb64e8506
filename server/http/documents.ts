import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Router } from 'express'
import { packageRoot } from '../package-root.ts'
import { asyncApi } from '../protocol/asyncapi.ts'
import type { Json } from '../protocol/json-schema.ts'
import { openApi } from '../protocol/openapi.ts'

/** GET /openapi.json and /asyncapi.json: what this API is, for tools; the page at /api.html reads them. */
export function documentRoutes(): Router {
  const router = Router()
  for (const [path, make] of Object.entries({ '/openapi.json': openApi, '/asyncapi.json': asyncApi })) {
    let text: string | undefined
    router.get(path, (_request, response) => {
      text ??= JSON.stringify(make(ownVersion()) satisfies Json)
      response.type('application/json').send(text)
    })
  }
  return router
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }
  return version
}
