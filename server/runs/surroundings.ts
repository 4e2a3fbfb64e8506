import type { ModelChoices } from '../graph/catalogue.ts'
import type { HostFiles } from '../storage/host-files.ts'
import type { Surroundings } from './intake.ts'
import type { ReadWorkflow } from './named-workflows.ts'
import type { Supervisor } from './supervisor.ts'

export interface SurroundingsOptions {
  readonly supervisor: Supervisor
  readonly files: Pick<HostFiles, 'listInputs' | 'size' | 'renew'>
  /** Names of the installed models, by what loads them. */
  readonly models: () => Promise<ModelChoices>
  readonly workflow: ReadWorkflow
}

/** What graphs are named by and validated against: the workflows, the nodes of the runner, the files and the models that are here now. */
export function hostSurroundings({ supervisor, files, models, workflow }: SurroundingsOptions): Surroundings {
  return {
    workflow,
    catalogue: async () => (supervisor.latest ?? (await supervisor.ready())).catalogue,
    models,
    images: () => files.listInputs(),
    imageSize: async (name) => {
      // What a run is accepted with has to be there until it runs.
      await files.renew(name)
      return files.size(name)
    },
  }
}
