import { droppedFiles } from '../browser/choose-files.ts'
import type { Editor } from '../editor.ts'
import { pictureFieldUnder } from '../panels/form-panel.ts'
import type { LateViewer } from '../panels/late-viewer.ts'
import { carriesPicture, droppedPicture } from '../panels/picture-drag.ts'
import { STRINGS } from '../strings.ts'
import type { Telling } from '../telling.ts'

/**
 * Files that are dropped on the page: pictures are loaded where they fall, graphs open. Nothing is, while something is set on
 * a picture: that would go to the picture which comes.
 */
export function listenToDrops(editor: Editor, viewer: Pick<LateViewer, 'isDrawing'>, telling: Telling): void {
  addEventListener('dragover', (event) => {
    if (event.dataTransfer?.types.includes('Files') !== true && !carriesPicture(event)) return
    if (event.dataTransfer === null) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'copy'
    document.body.dataset.drop = STRINGS.drop
  })
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) delete document.body.dataset.drop
  })
  addEventListener(
    'drop',
    (event) => {
      delete document.body.dataset.drop
      const { dataTransfer } = event
      const at = editor.view.graphPoint(event)
      const field = pictureFieldUnder(event)
      const picture = droppedPicture(event)
      const isGiven = picture !== undefined || (dataTransfer !== null && dataTransfer.files.length > 0)
      if (isGiven && viewer.isDrawing) {
        event.preventDefault()
        telling.warn(STRINGS.drawing.busy)
      } else if (picture !== undefined) {
        event.preventDefault()
        editor.loading.usePicture(picture, at, field)
      } else if (dataTransfer !== null && dataTransfer.files.length > 0) {
        event.preventDefault()
        void droppedFiles(dataTransfer).then((files) => editor.intake.takeFiles(files, at, field))
      }
    },
    { capture: true },
  )
}
