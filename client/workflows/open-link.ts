import { HostError } from '../host/host.ts'
import { type Library, nameOf } from '../host/library.ts'
import { STRINGS } from '../strings.ts'
import type { Telling } from '../telling.ts'
import { askedBy } from './share.ts'
import type { WorkflowFiles } from './workflow-files.ts'

/** Opens what the page's address asks for, once. */
export async function openLink(files: WorkflowFiles, library: Library, telling: Telling): Promise<void> {
  const { hash } = location
  if (hash === '') return
  history.replaceState(null, '', location.pathname + location.search)
  try {
    const asked = await askedBy(hash)
    if (asked?.kind === 'graph') files.openText(asked.text, { name: STRINGS.share.shared })
    if (asked?.kind !== 'library') return
    files.openText(await library.open(asked.path), { name: nameOf(asked.path), libraryPath: asked.path })
  } catch (error) {
    if (error instanceof HostError) telling.failed(error)
    else telling.toasts.show('error', STRINGS.share.badLink, STRINGS.share.badLinkHint)
  }
}
