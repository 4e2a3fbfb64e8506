import { fork } from 'node:child_process'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ErrorCode, RestorationError } from '../../nodes/sdk/error.ts'
import type { DeviceReport } from './messages.ts'

/** What the probing process says. */
export type Probed =
  | { readonly type: 'ready'; readonly device: DeviceReport }
  | { readonly type: 'unusable'; readonly code: ErrorCode; readonly message: string; readonly remedy: string }

/**
 * What will run models, found out in a process of its own: ONNX Runtime costs no memory here before a model runs, and a
 * driver that crashes takes only that process along.
 * @throws RestorationError `device_unavailable`
 */
export function probeDevice(wanted: 'auto' | DeviceReport['provider']): Promise<DeviceReport> {
  const extension = extname(fileURLToPath(import.meta.url))
  const child = fork(new URL(`./probe${extension}`, import.meta.url), [wanted], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    execArgv: extension === '.ts' ? ['--import', 'tsx'] : [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return new Promise((resolve, reject) => {
    child.once('message', (probed: Probed) => {
      if (probed.type === 'ready') resolve(probed.device)
      else reject(new RestorationError(probed.code, probed.message, probed.remedy))
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(crashed(signal ?? `code ${code}`)))
  })
}

function crashed(how: string): RestorationError {
  return new RestorationError(
    'device_unavailable',
    `The process that looks for a device ended with ${how}.`,
    'Start with --device cpu; if that works, the driver of the graphics card is broken or does not fit.',
  )
}
