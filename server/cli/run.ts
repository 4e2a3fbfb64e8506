import { existsSync, type Stats } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { numbered } from '../../nodes/sdk/file-name.ts'
import { fileRoots, WORK_OPTIONS, type WorkSettings, workSettings } from '../config.ts'
import type { Catalogue } from '../graph/catalogue.ts'
import { readGraphTexts } from '../graph/picture-text.ts'
import type { Prompt } from '../graph/prompt.ts'
import { readGraph } from '../graph/workflow-to-prompt.ts'
import { messageOf } from '../message-of.ts'
import type { RunEvent } from '../protocol/events.ts'
import { pictureNames } from '../runs/intake.ts'
import { abortOnInterrupt, INTERRUPTED } from './abort.ts'
import type { Command } from './command.ts'
import { examplePhotographs, workflowsOf } from './data-folder.ts'
import { Workbench } from './workbench.ts'
import { prepareFolder, writeNew } from './write-results.ts'

export const runCommand: Command = {
  usage: 'run WORKFLOW',
  summary:
    'Run a saved graph, by its file or its name, or the one that a picture carries; pictures that it names are looked for here, beside it, in the input folder and among the examples',
  options: {
    set: {
      value: 'NODE.PARAMETER=VALUE',
      multiple: true,
      help: 'change a parameter; NODE is an id, a title or a type, and left out where one node has it',
    },
    output: { value: 'DIR', help: 'where the results go (.)' },
    ...WORK_OPTIONS,
  },
  operands: [1, 1],
  async run([file], flags, environment) {
    const settings = workSettings(flags, environment)
    const { inputRoot } = fileRoots(settings)
    const graph = (await isThere(file!)) ? await readGraphFile(file!) : await readNamed(file!, settings)
    const changes = (Array.isArray(flags.set) ? flags.set : []).map(String)
    const output = typeof flags.output === 'string' ? flags.output : '.'
    const signal = abortOnInterrupt()
    const workbench = await Workbench.open(settings)
    try {
      const catalogue = await workbench.surroundings.catalogue()
      const prompt = readGraph(graph, catalogue, changes)
      const attachments = await localPictures(prompt, catalogue, dirname(file!), inputRoot)
      await prepareFolder(output)
      const results = await workbench.run({ graph, settings: changes, attachments, signal, onEvent: printText })
      for (const { filename, bytes } of results) {
        process.stdout.write(`${await writeFree(join(output, basename(filename)), bytes)}\n`)
      }
      return 0
    } catch (error) {
      if (signal.aborted) return INTERRUPTED
      throw error
    } finally {
      await workbench.close()
    }
  },
}

/** A workflow that is shipped, or was saved in the data folder. */
async function readNamed(name: string, settings: WorkSettings): Promise<unknown> {
  return workflowsOf(settings)(name).catch((error: unknown) => {
    if (!(error instanceof RestorationError) || error.code !== 'workflow_not_found') throw error
    const message = `There is no file '${name}', and no workflow of that name.`
    throw new RestorationError('file_not_found', message, error.remedy)
  })
}

/** The JSON of a workflow file; of a picture, the first of its graphs that is JSON. */
async function readGraphFile(file: string): Promise<unknown> {
  const remedy = 'Name a workflow file, or a picture that carries its graph.'
  const bytes = await readFile(file).catch((error) => {
    throw new RestorationError('file_not_found', `The file '${file}' cannot be read: ${messageOf(error)}.`, remedy)
  })
  const carried = readGraphTexts(bytes)
  let reason: string | undefined
  for (const text of carried.length > 0 ? carried : [bytes.toString('utf8')]) {
    try {
      return JSON.parse(text)
    } catch (error) {
      reason ??= messageOf(error)
    }
  }
  throw new RestorationError('workflow_invalid', `${file} is not JSON: ${reason}.`, remedy)
}

/**
 * The pictures that the graph loads, under the names that it uses: from here, from beside the graph or from the examples.
 * Those in the input folder, which comes before the examples, are left to the runner.
 */
async function localPictures(
  prompt: Prompt,
  catalogue: Catalogue,
  beside: string,
  inputRoot: string,
): Promise<Record<string, Uint8Array>> {
  const pictures: Record<string, Uint8Array> = {}
  for (const name of pictureNames(prompt, catalogue)) {
    for (const folder of ['.', beside, inputRoot, examplePhotographs()]) {
      const path = resolve(folder, name)
      if (!(await isFile(path))) continue
      if (folder !== inputRoot) pictures[name] = await readFile(path)
      break
    }
  }
  return pictures
}

/** Writes under the name, or the next one of its series that is free, also while others write there. @returns the name */
async function writeFree(path: string, bytes: Uint8Array): Promise<string> {
  for (const name of namesLike(path)) {
    if (!existsSync(name) && (await writeNew(name, bytes))) return name
  }
  throw new Error('unreachable')
}

/** The name itself, then the next numbers of the series `name_00001_.png`, or of the name where it has none; without an end. */
function* namesLike(path: string): Generator<string> {
  yield path
  const inSeries = /^(.*_)(\d+)(_\.[^.]+)$/.exec(path)
  for (let count = 1; ; count++) {
    yield inSeries === null
      ? join(dirname(path), numbered(basename(path), count))
      : `${inSeries[1]}${String(Number(inSeries[2]) + count).padStart(5, '0')}${inSeries[3]}`
  }
}

/** What nodes show goes to the output; what they say of their work, of a damaged picture for example, beside it. */
function printText(event: RunEvent): void {
  if (event.type === 'node_text') process.stderr.write(`${event.node}: ${event.text.replaceAll('\n', '; ')}\n`)
  if (event.type !== 'node_finished') return
  for (const line of event.ui?.text ?? []) process.stdout.write(`${event.node}: ${line}\n`)
}

/** Whether something can be read there, be it a pipe. */
async function isThere(path: string): Promise<boolean> {
  return (await infoOf(path))?.isDirectory() === false
}

async function isFile(path: string): Promise<boolean> {
  return (await infoOf(path))?.isFile() === true
}

function infoOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined)
}
