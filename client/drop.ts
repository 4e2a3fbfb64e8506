import type { Editor } from './editor.ts'

/** Files that are dropped on the page: pictures are loaded where they fall, graphs open. */
export function listenToDrops(editor: Editor, stage: HTMLElement): void {
  addEventListener('dragover', (event) => {
    if (event.dataTransfer?.types.includes('Files') !== true) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'copy'
    stage.dataset.drop = 'Drop a picture or a workflow'
  })
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) delete stage.dataset.drop
  })
  addEventListener(
    'drop',
    (event) => {
      delete stage.dataset.drop
      const file = event.dataTransfer?.files[0]
      if (file === undefined) return
      event.preventDefault()
      void editor.takeFile(file, editor.view.graphPoint(event))
    },
    { capture: true },
  )
}
