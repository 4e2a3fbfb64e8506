import { pino } from 'pino'
import type { RestorationError } from '../../nodes/sdk/error.ts'
import { Deferred } from '../concurrency/deferred.ts'
import { SERVE_OPTIONS, serveSettings } from '../config.ts'
import { script } from '../script.ts'
import { tidyMemory } from '../tidy-memory.ts'
import type { Command } from './command.ts'
import { openFiles } from './data-folder.ts'
import { startHost } from './host.ts'
import { adviceOnLooseFiles, modelChoices, tidyModels } from './models.ts'

/** When the first requests after the start have been answered, in ms. */
const SETTLED = 1000

export const serveCommand: Command = {
  usage: 'serve',
  summary: 'Start the host: editor, API and queue (what happens without a command)',
  options: SERVE_OPTIONS,
  operands: [0, 0],
  async run(_operands, flags, environment) {
    const settings = serveSettings(flags, environment)
    const log = pino({ base: null }, pino.destination({ dest: 2, sync: false }))
    const stopped = untilStopped()
    const unusable = new Deferred<RestorationError>()
    await tidyModels(settings)
    for (const line of await adviceOnLooseFiles(settings)) log.warn(line)
    const host = await startHost(settings, {
      files: await openFiles(settings, settings.keepFor && settings.keepFor / 2),
      models: () => modelChoices(settings),
      runner: script(import.meta.url, '../runner/main'),
      log: (line) => log.warn(line),
    })
    host.ready().then(
      async ({ device }) => {
        const { gendr_models: restorers, upscale_models: upscalers, iqa_models: judges } = await modelChoices(settings)
        const count = restorers.length + upscalers.length + judges.length
        const models = count === 1 ? '1 model' : `${count} models`
        process.stdout.write(`gendr-graph at ${host.url}, ${models} on ${device.name} (${device.reason})\n`)
        setTimeout(tidyMemory, SETTLED).unref()
      },
      (error: RestorationError) => {
        if (error.code === 'device_unavailable') unusable.resolve(error)
        else process.stderr.write(`gendr-graph at ${host.url} cannot run graphs: ${error.message}\n`)
      },
    )
    const failure = await Promise.race([stopped, unusable.promise])
    await host.close()
    if (failure !== undefined) throw failure
    return 0
  },
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process the usual way. */
function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}
