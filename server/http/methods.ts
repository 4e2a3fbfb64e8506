import type { RequestHandler } from 'express'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { ROUTES } from '../protocol/routes.ts'
import { sendFailure } from './failure.ts'

/** OPTIONS is answered wherever something is; another method that a path does not have gets 405, as in ComfyUI. */
export const otherMethods: RequestHandler = (request, response, next) => {
  const methods = methodsOf(request.path)
  if (methods === undefined) {
    next()
    return
  }
  response.set('Allow', methods)
  if (request.method === 'OPTIONS') response.status(200).json({})
  else {
    const message = `${request.method} is not possible at ${request.path}.`
    sendFailure(response, 405, new RestorationError('invalid_input', message, `Use ${methods}.`))
  }
}

/** `GET, HEAD, POST, OPTIONS` for a path; undefined where nothing is. */
function methodsOf(path: string): string | undefined {
  const methods = PATTERNS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method.toUpperCase())
  if (methods.length === 0) return undefined
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))), 'OPTIONS'].join(
    ', ',
  )
}

const PATTERNS = ROUTES.map(({ method, path, onlyApi }) => ({
  method,
  pattern: new RegExp(`^${onlyApi === true ? '/api' : '(?:/api)?'}${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
}))
