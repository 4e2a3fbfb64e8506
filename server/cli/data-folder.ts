import { constants, existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { fileRoots, type WorkSettings } from '../config.ts'
import { packageRoot } from '../package-root.ts'

/**
 * Makes the folders of a data folder, empties the temporary one and puts the example photographs in at the
 * first start.
 * @throws RestorationError `configuration_invalid` when the folder cannot be written
 */
export async function prepareDataFolder(settings: WorkSettings): Promise<void> {
  const { inputRoot, outputRoot, tempRoot } = fileRoots(settings)
  try {
    await rm(tempRoot, { recursive: true, force: true })
    const isNew = !existsSync(databaseOf(settings))
    for (const folder of [inputRoot, outputRoot, tempRoot, join(settings.data, 'models')]) {
      await mkdir(folder, { recursive: true })
    }
    if (isNew) await copyExamples(inputRoot)
  } catch (error) {
    throw new RestorationError(
      'configuration_invalid',
      `The data folder ${settings.data} cannot be written: ${error instanceof Error ? error.message : error}.`,
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
  return join(packageRoot(), 'workflows', 'photographs')
}

/** Pictures of the same name that are there already stay. */
async function copyExamples(target: string): Promise<void> {
  const source = examplePhotographs()
  const files = await readdir(source).catch(() => [])
  for (const file of files.filter((name) => !name.endsWith('.json') && !existsSync(join(target, name)))) {
    await copyFile(join(source, file), join(target, file), constants.COPYFILE_EXCL)
  }
}
