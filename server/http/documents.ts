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
    const texts = new Map<string, string>()
    router.get(path, ({ baseUrl }, response) => {
      const api = baseUrl === '' ? 'api' : '../api'
      const text = texts.get(api) ?? JSON.stringify(make(ownVersion(), api) satisfies Json)
      texts.set(api, text)
      response.type('application/json').send(text)
    })
  }
  return router
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }
  return version
}
