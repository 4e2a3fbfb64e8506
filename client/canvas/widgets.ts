import type { CustomWidget } from 'litegraph.js/build/litegraph.core.js'
import type { NumberParameter, ParameterDescription } from '../../nodes/sdk/description.ts'
import { setParam } from '../document/edits.ts'
import { fieldLabel, fitNumber, formatNumber, readNumber } from '../document/parameters.ts'
import { box, fitText, font, wrapText } from './draw.ts'
import { drawNote, layoutNote, linkAt, type NoteLayout } from './note.ts'
import type { Scene } from './scene.ts'
import { COLORS, cssColor, inkOn, MEASURES } from './theme.ts'

/** A widget that is told when the pointer that went down on it comes up. */
export interface Widget extends CustomWidget {
  release(): void
  /** The pointer that went down on it holds it no more, wherever it comes up. */
  letGo?(): void
  /** Opens it for typing, where that is what one does with it. */
  edit?(): void
  /** Height that it needs at least, where it fills the node. */
  readonly least?: number
}

/** Where a widget is: its node, and its place in the graph when it was last drawn. */
interface Spot {
  x: number
  y: number
  width: number
}

/** Pixels of dragging for one step of a number. */
const DRAG = 4
const ARROW = 24
const MULTILINE_HEIGHT = 84

/**
 * The widget for a parameter; its value is the document's, never its own.
 * @param beside opens the field after this one for typing, or the one before
 */
export function widgetFor(
  scene: Scene,
  id: string,
  parameter: ParameterDescription,
  beside: (by: 1 | -1) => void,
): Widget {
  const value = () => {
    const own = scene.document.graph.nodes.get(id)?.params[parameter.name]
    // A promoted field without a value of its own shows that of the inside.
    return own === undefined ? parameter.default : own
  }
  const set = (next: unknown) => scene.document.commit(setParam(scene.document.graph, id, parameter.name, next))
  switch (parameter.kind) {
    case 'INT':
    case 'FLOAT':
      return numberWidget(scene, parameter, value, set, beside)
    case 'COMBO':
      return clickWidget(scene, parameter.name, {
        draw: (ctx, spot) => drawField(ctx, spot, parameter.name, String(value() ?? ''), '▾'),
        click: (place) =>
          scene.page.choose({
            place,
            label: fieldLabel(parameter.name),
            options: parameter.options,
            current: String(value() ?? ''),
            pick: set,
          }),
      })
    case 'BOOLEAN':
      return clickWidget(scene, parameter.name, {
        draw: (ctx, spot) => drawToggle(ctx, spot, parameter.name, value() === true),
        click: () => set(value() !== true),
      })
    case 'STRING': {
      const edit = (place: Parameters<Parameters<typeof clickWidget>[2]['click']>[0]) =>
        scene.page.editText({
          place,
          value: String(value() ?? ''),
          multiline: parameter.multiline,
          label: fieldLabel(parameter.name),
          commit: set,
          beside,
        })
      const widget = parameter.multiline
        ? clickWidget(scene, parameter.name, {
            height: MULTILINE_HEIGHT,
            draw: (ctx, spot) => drawText(ctx, spot, parameter.name, String(value() ?? '')),
            click: edit,
          })
        : clickWidget(scene, parameter.name, {
            draw: (ctx, spot) => drawField(ctx, spot, parameter.name, String(value() ?? '')),
            click: edit,
          })
      return { ...widget, edit: widget.release }
    }
  }
}

/** The text of a note, which fills its node: a press writes, one on a link follows it. */
export function noteWidget(scene: Scene, id: string, parameter: ParameterDescription, isMarkdown: boolean): Widget {
  const text = () => String(scene.document.graph.nodes.get(id)?.params[parameter.name] ?? '')
  let size: readonly [number, number] = [0, MULTILINE_HEIGHT]
  let corner: readonly [number, number] = [0, 0]
  let origin: ArrayLike<number> = [0, 0]
  let pressed: readonly [number, number] = [0, 0]
  let known: { readonly text: string; readonly size: string; readonly layout: NoteLayout } | undefined
  const layoutOf = (ctx: CanvasRenderingContext2D, now: string): NoteLayout => {
    const key = size.map(Math.round).join()
    if (known?.text !== now || known.size !== key) {
      known = { text: now, size: key, layout: layoutNote(ctx, now, isMarkdown, size[0], size[1]) }
    }
    return known.layout
  }
  return {
    ...widgetFrame(parameter.name, MULTILINE_HEIGHT),
    computeSize: (width) => [width, size[1]],
    least: MULTILINE_HEIGHT,
    draw(ctx, node, width, y) {
      const { margin } = MEASURES
      size = [width - 2 * margin, Math.max(MULTILINE_HEIGHT, (node.size[1] ?? 0) - y - margin)]
      corner = [margin, y]
      origin = node.pos
      const now = text()
      const ink = inkOn(cssColor(scene.document.graph.nodes.get(id)?.background))
      const isEmpty = now.trim() === ''
      const layout = isEmpty ? layoutNote(ctx, 'Click to write', false, ...size) : layoutOf(ctx, now)
      drawNote(ctx, layout, corner, size, isEmpty ? { ...ink, text: ink.quiet } : ink)
    },
    mouse(event, at) {
      if (event.type === 'pointerdown') pressed = [at[0] - corner[0], at[1] - corner[1]]
      return true
    },
    release() {
      const link = known === undefined ? undefined : linkAt(known.layout, ...pressed)
      if (link !== undefined) {
        scene.page.follow(link)
        return
      }
      const [x, y] = [(origin[0] ?? 0) + corner[0], (origin[1] ?? 0) + corner[1]]
      scene.page.editText({
        place: scene.place(x, y, ...size),
        value: text(),
        multiline: true,
        label: fieldLabel(parameter.name),
        commit: (next) => scene.document.commit(setParam(scene.document.graph, id, parameter.name, next)),
      })
    },
  }
}

/** A button under the parameters. */
export function buttonWidget(scene: Scene, label: string, click: () => void): Widget {
  return clickWidget(scene, label, {
    draw: (ctx, { x, y, width }) => {
      box(ctx, x, y, width, MEASURES.widget, [6])
      ctx.fillStyle = COLORS.fieldFill
      ctx.fill()
      ctx.fillStyle = COLORS.text
      ctx.font = font(12, 500)
      ctx.textAlign = 'center'
      ctx.fillText(label, x + width / 2, y + 17)
    },
    click,
  })
}

function clickWidget(
  scene: Scene,
  name: string,
  {
    draw,
    click,
    height = MEASURES.widget,
  }: {
    draw(ctx: CanvasRenderingContext2D, spot: Spot): void
    click(place: ReturnType<Scene['place']>): void
    height?: number
  },
): Widget {
  const spot: Spot = { x: 0, y: 0, width: 0 }
  let origin: ArrayLike<number> = [0, 0]
  return {
    ...widgetFrame(name, height),
    draw(ctx, node, width, y) {
      Object.assign(spot, fieldSpot(width, y))
      origin = node.pos
      draw(ctx, spot)
    },
    mouse: () => true,
    release() {
      click(scene.place((origin[0] ?? 0) + spot.x, (origin[1] ?? 0) + spot.y, spot.width, height))
    },
  }
}

function numberWidget(
  scene: Scene,
  parameter: NumberParameter,
  value: () => unknown,
  set: (next: number) => void,
  beside: (by: 1 | -1) => void,
): Widget {
  const current = () => {
    const now = Number(value())
    return Number.isFinite(now) ? now : parameter.default
  }
  const spot: Spot = { x: 0, y: 0, width: 0 }
  let origin: ArrayLike<number> = [0, 0]
  let drag: { startX: number; from: number; draft: number; moved: boolean; at: number } | undefined
  const edit = () =>
    scene.page.editText({
      place: scene.place((origin[0] ?? 0) + spot.x, (origin[1] ?? 0) + spot.y, spot.width, MEASURES.widget),
      value: formatNumber(parameter, current()),
      multiline: false,
      label: fieldLabel(parameter.name),
      commit(text) {
        const number = readNumber(text)
        if (number === undefined)
          scene.page.refuse(`‘${text}’ is no number, so ${fieldLabel(parameter.name)} keeps its value.`)
        else set(fitNumber(parameter, number))
      },
      beside,
    })
  return {
    ...widgetFrame(parameter.name, MEASURES.widget),
    edit,
    letGo() {
      drag = undefined
    },
    draw(ctx, node, width, y) {
      Object.assign(spot, fieldSpot(width, y))
      origin = node.pos
      drawNumber(ctx, spot, parameter, drag?.draft ?? current())
    },
    mouse(event, at) {
      if (event.type === 'pointerdown') {
        drag = { startX: event.clientX, from: current(), draft: current(), moved: false, at: at[0] }
      } else if (event.type === 'pointermove' && drag !== undefined) {
        const distance = event.clientX - drag.startX
        drag.moved ||= Math.abs(distance) > 3
        if (drag.moved) drag.draft = fitNumber(parameter, drag.from + Math.trunc(distance / DRAG) * parameter.step)
      }
      return true
    },
    release() {
      const ended = drag
      drag = undefined
      if (ended === undefined) return
      if (ended.moved) set(ended.draft)
      else if (ended.at < spot.x + ARROW) set(fitNumber(parameter, ended.from - parameter.step))
      else if (ended.at > spot.x + spot.width - ARROW) set(fitNumber(parameter, ended.from + parameter.step))
      else edit()
    },
  }
}

/** litegraph calls `draw` and `mouse` of any widget whose type it does not know. */
function widgetFrame(
  name: string,
  height: number,
): Pick<Widget, 'type' | 'name' | 'value' | 'options' | 'computeSize'> {
  return { type: 'gendr', name, value: null, options: {}, computeSize: (width) => [width, height] }
}

function fieldSpot(width: number, y: number): Spot {
  return { x: MEASURES.margin, y, width: width - 2 * MEASURES.margin }
}

function drawFrame(ctx: CanvasRenderingContext2D, { x, y, width }: Spot, height: number = MEASURES.widget): void {
  box(ctx, x, y, width, height, [6])
  ctx.fillStyle = COLORS.field
  ctx.fill()
  ctx.strokeStyle = COLORS.fieldBorder
  ctx.lineWidth = 1
  ctx.stroke()
}

function drawField(ctx: CanvasRenderingContext2D, spot: Spot, name: string, value: string, mark = ''): void {
  const { x, y, width } = spot
  drawFrame(ctx, spot)
  ctx.font = font(12)
  ctx.textAlign = 'left'
  ctx.fillStyle = COLORS.quiet
  const label = fitText(ctx, fieldLabel(name), width * 0.5)
  ctx.fillText(label, x + 10, y + 17)
  const used = ctx.measureText(label).width + 20
  const right = x + width - (mark === '' ? 10 : 24)
  ctx.textAlign = 'right'
  if (mark !== '') ctx.fillText(mark, x + width - 9, y + 17)
  ctx.fillStyle = COLORS.text
  ctx.fillText(fitText(ctx, value, right - x - used), right, y + 17)
}

function drawNumber(ctx: CanvasRenderingContext2D, spot: Spot, parameter: NumberParameter, value: number): void {
  const { x, y, width } = spot
  drawFrame(ctx, spot)
  const part = (value - parameter.min) / (parameter.max - parameter.min)
  if (Number.isFinite(part) && part > 0) {
    ctx.save()
    box(ctx, x, y, width, MEASURES.widget, [6])
    ctx.clip()
    ctx.fillStyle = COLORS.fieldFill
    ctx.fillRect(x, y, width * Math.min(1, part), MEASURES.widget)
    ctx.restore()
  }
  ctx.font = font(12)
  ctx.fillStyle = COLORS.quiet
  ctx.textAlign = 'left'
  ctx.fillText('‹', x + 9, y + 17)
  ctx.fillText(fitText(ctx, fieldLabel(parameter.name), width * 0.55), x + ARROW, y + 17)
  ctx.textAlign = 'right'
  ctx.fillText('›', x + width - 9, y + 17)
  ctx.fillStyle = COLORS.text
  ctx.fillText(formatNumber(parameter, value), x + width - ARROW, y + 17)
}

function drawToggle(ctx: CanvasRenderingContext2D, spot: Spot, name: string, on: boolean): void {
  const { x, y, width } = spot
  drawFrame(ctx, spot)
  ctx.font = font(12)
  ctx.textAlign = 'left'
  ctx.fillStyle = COLORS.quiet
  ctx.fillText(fitText(ctx, fieldLabel(name), width - 60), x + 10, y + 17)
  box(ctx, x + width - 38, y + 6, 28, 14, [7])
  ctx.fillStyle = on ? COLORS.running : COLORS.border
  ctx.fill()
  ctx.beginPath()
  ctx.arc(x + width - (on ? 17 : 31), y + 13, 5, 0, 2 * Math.PI)
  ctx.fillStyle = COLORS.knob
  ctx.fill()
}

function drawText(ctx: CanvasRenderingContext2D, spot: Spot, name: string, value: string): void {
  const { x, y, width } = spot
  drawFrame(ctx, spot, MULTILINE_HEIGHT)
  ctx.font = font(12)
  ctx.textAlign = 'left'
  ctx.fillStyle = value === '' ? COLORS.quiet : COLORS.text
  const lines = wrapText(ctx, value === '' ? fieldLabel(name) : value, width - 20, 4)
  for (const [i, line] of lines.entries()) ctx.fillText(line, x + 10, y + 19 + i * 17)
}
