import { element } from '../browser/element.ts'
import { STRINGS } from '../strings.ts'
import { LevelTool } from './viewer-level.ts'
import { RectangleTool } from './viewer-rectangle.ts'
import type { Drawing, ViewerTool } from './viewer-tool.ts'

const WORDS = STRINGS.drawing

/** @param changed told when it looks other than before */
export function toolFor(drawing: Drawing, changed: () => void): ViewerTool {
  const { tool } = drawing
  switch (tool.kind) {
    case 'rectangle':
      return new RectangleTool(tool, drawing, changed)
    case 'level':
      return new LevelTool(tool, drawing, changed)
  }
}

/** The buttons that end what is set on a picture: with another picture, as it was, or as it is now. */
export function drawingEnds({ renew }: Drawing, leave: () => void, accept: () => void): HTMLElement {
  const renewing = button('renew', WORDS.renew, WORDS.renewTitle, 'button-quiet')
  const cancel = button('cancel', WORDS.cancel, WORDS.cancelTitle)
  const apply = button('apply', WORDS.apply, WORDS.applyTitle, 'button-primary')
  renewing.hidden = renew === undefined
  renewing.addEventListener('click', () => {
    leave()
    renew?.()
  })
  cancel.addEventListener('click', leave)
  apply.addEventListener('click', accept)
  return element('span', { class: 'drawing-ends' }, renewing, cancel, apply)
}

function button(name: string, label: string, title: string, kind = ''): HTMLButtonElement {
  return element('button', { type: 'button', class: `button ${kind}`.trim(), testid: `drawing-${name}`, title }, label)
}
