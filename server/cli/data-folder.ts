import { constants, existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { fileRoots, type WorkSettings } from '../config.ts'
import { messageOf } from '../message-of.ts'
import { packageRoot } from '../package-root.ts'
import { namedWorkflows, type ReadWorkflow } from '../runs/named-workflows.ts'
import { expire } from '../storage/expire.ts'
import { besideUs } from '../storage/file-system.ts'
import { draftsIn, Storage } from '../storage/storage.ts'
import { UserFiles } from '../storage/user-files.ts'

/**
 * Makes a data folder, opens what lies in it, then empties its temporary folder and puts the example photographs in at the
 * first start. In this order: a folder that another host works in cannot be opened, and nothing of it is touched.
 * @param open opens the runs of the folder; its own errors are passed on
 * @param inUse the places of temporary files that stay, since runs load them that are to be run again
 * @throws RestorationError `configuration_invalid` when the folder cannot be written
 */
export async function openDataFolder<T extends { close(): void }>(
  settings: WorkSettings,
  open: () => T,
  inUse: (opened: T) => ReadonlySet<string>,
): Promise<T> {
  const { inputRoot, outputRoot, tempRoot } = fileRoots(settings)
  const isNew = !existsSync(databaseOf(settings))
  await writing(settings, () => mkdir(settings.data, { recursive: true }))
  const opened = open()
  try {
    await writing(settings, async () => {
      await empty(tempRoot, inUse(opened))
      for (const folder of [inputRoot, outputRoot, tempRoot, join(settings.data, 'models')]) {
        await mkdir(folder, { recursive: true })
      }
      if (isNew) await copyExamples(inputRoot)
    })
    return opened
  } catch (error) {
    opened.close()
    throw error
  }
}

/** Deletes what is in a folder, but for some files. */
async function empty(folder: string, kept: ReadonlySet<string>): Promise<void> {
  if (kept.size === 0) return rm(folder, { recursive: true, force: true })
  const gone = expire(folder, Number.POSITIVE_INFINITY, { stays: (file) => kept.has(file) })
  while ((await gone.next()).done !== true);
}

/** Opens what runs read and write, of a folder that is made if need be. @throws RestorationError `configuration_invalid` */
export function openFiles(settings: WorkSettings, renewAfter?: number): Promise<Storage> {
  return writing(settings, () => Storage.open(fileRoots(settings), besideUs, renewAfter))
}

/** Opens what clients keep in a data folder. @throws RestorationError `configuration_invalid` */
export function openUserFiles(settings: WorkSettings): Promise<UserFiles> {
  return writing(settings, () => UserFiles.open(join(settings.data, 'user'), draftsIn(fileRoots(settings).tempRoot)))
}

/** The workflows that are shipped or were saved in a data folder, which is opened when one is asked for. */
export function workflowsOf(settings: WorkSettings): ReadWorkflow {
  return async (name) => workflowsIn(await openUserFiles(settings))(name)
}

export function workflowsIn(saved: UserFiles): ReadWorkflow {
  return namedWorkflows(shippedWorkflows(), saved)
}

/** The folder of the shipped ones. */
export function shippedWorkflows(): string {
  return join(packageRoot(), 'workflows')
}

/** Does something to a data folder. @throws RestorationError `configuration_invalid` when that is not possible there */
export async function writing<T>(settings: Pick<WorkSettings, 'data'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new RestorationError(
      'configuration_invalid',
      `The data folder ${settings.data} cannot be written: ${messageOf(error)}.`,
      'Choose another folder with --data or GENDR_DATA.',
      { cause: error },
    )
  }
}

/** The runs of a data folder. */
export function databaseOf({ data }: WorkSettings): string {
  return join(data, 'gendr.db')
}

/** The photographs that the example workflows name. */
export function examplePhotographs(): string {
  return join(shippedWorkflows(), 'photographs')
}

/** Pictures of the same name that are there already stay. */
async function copyExamples(target: string): Promise<void> {
  for (const file of await exampleNames()) {
    if (existsSync(join(target, file))) continue
    await copyFile(join(examplePhotographs(), file), join(target, file), constants.COPYFILE_EXCL)
  }
}

export async function exampleNames(): Promise<readonly string[]> {
  const files = await readdir(examplePhotographs()).catch(() => [])
  return files.filter((name) => !name.endsWith('.json'))
}
