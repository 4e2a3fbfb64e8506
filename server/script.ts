import { createRequire } from 'node:module'
import { extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** A script of ours to run in a child process. */
export interface Script {
  readonly entry: string
  readonly execArgv: readonly string[]
}

/** A module beside the caller's, without its extension: compiled as the caller is, or TypeScript through tsx as in tests. */
export function script(callerUrl: string, path: string): Script {
  const extension = extname(fileURLToPath(callerUrl))
  const entry = fileURLToPath(new URL(path + extension, callerUrl))
  const { execArgv } = process
  if (extension !== '.ts' || execArgv.some((argument) => argument.includes('tsx'))) return { entry, execArgv }
  const tsx = pathToFileURL(createRequire(callerUrl).resolve('tsx')).href
  return { entry, execArgv: ['--import', tsx] }
}
