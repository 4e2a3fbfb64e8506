import type { Pair } from 'litegraph.js/build/litegraph.core.js'
import { isOff, NODE_MODES } from '../document/graph.ts'
import type { NodeStatus } from '../host/run-board.ts'
import { box, fitText, font, wrapText } from './draw.ts'
import type { NodeView } from './node-view.ts'
import { drawPictures, showsPictures } from './picture-place.ts'
import { COLORS, cssColor, inkOn, MEASURES } from './theme.ts'

/** What a pin takes of a title. */
export const PIN_WIDTH = 16

/** Draws what sockets and fields lie on: card, title, state of the run, pictures. */
export function drawCard(
  ctx: CanvasRenderingContext2D,
  view: NodeView,
  [width, height]: readonly [number, number],
  selected: boolean,
  mouse: Pair,
): void {
  const { scene } = view
  const model = view.model
  if (model === undefined) return
  const type = view.description
  const status = scene.status(view.id)
  const collapsed = model.collapsed
  const body = collapsed ? 0 : height
  const { title, radius } = MEASURES
  const corners = collapsed ? [radius] : [radius, radius, 0, 0]
  ctx.globalAlpha = isOff(model) ? 0.45 : 1

  box(ctx, 0, 3 - title, width, body + title, [radius])
  ctx.fillStyle = COLORS.shadow
  ctx.fill()
  box(ctx, 0, -title, width, body + title, [radius])
  ctx.fillStyle = cssColor(model.background) ?? COLORS.card
  ctx.fill()
  box(ctx, 0, -title, width, title, corners)
  ctx.fillStyle = cssColor(model.color) ?? COLORS.title
  ctx.fill()

  drawTitle(ctx, view, width, status, type === undefined)
  if (!collapsed && status?.state === 'running') drawProgress(ctx, width, status)

  box(ctx, 0, -title, width, body + title, [radius])
  ctx.lineWidth = status?.state === 'running' || status?.state === 'failed' || selected ? 2 : 1
  ctx.strokeStyle = stateColor(status, selected) ?? COLORS.border
  ctx.stroke()

  if (!collapsed && showsPictures(type)) {
    const shown = scene.shown(model)
    const preview = status?.state === 'running' ? status.preview : undefined
    const pointer = view.mouseOver === true ? (mouse[0] ?? 0) - (view.pos[0] ?? 0) : undefined
    drawPictures(
      ctx,
      scene,
      view.picturePlace,
      preview === undefined ? shown : { pictures: [preview] },
      scene.output(view.id)?.text ?? [],
      pointer,
    )
  }
  ctx.globalAlpha = 1
}

/** What a node shows below itself: why it failed, the picture so far, else what it said of its work. Other nodes may lie there, so it comes after them. */
export function drawBelow(ctx: CanvasRenderingContext2D, view: NodeView, width: number): void {
  const status = view.scene.status(view.id)
  const isCollapsed = view.flags.collapsed === true
  const bottom = isCollapsed ? 0 : (view.size[1] ?? 0)
  const preview = showsPictures(view.description) || status?.state !== 'running' ? undefined : status.preview
  if (!isCollapsed && preview !== undefined) drawPreview(ctx, view, preview, width, bottom + 8)
  const outlook = view.scene.outlook(view.id)
  const error = status?.error ?? (outlook?.isTooLarge === true ? outlook.sentence : undefined)
  const said = isCollapsed || preview !== undefined ? [] : view.scene.said(view.id)
  if (error !== undefined) drawWords(ctx, error, width, bottom, ERROR)
  else if (said.length > 0) drawWords(ctx, said.join('\n'), width, bottom, SAID)
}

function drawTitle(
  ctx: CanvasRenderingContext2D,
  view: NodeView,
  width: number,
  status: NodeStatus | undefined,
  unknown: boolean,
): void {
  const { title } = MEASURES
  ctx.beginPath()
  ctx.arc(15, -title / 2, 4, 0, 2 * Math.PI)
  ctx.fillStyle = dotColor(status)
  ctx.fill()
  ctx.textAlign = 'right'
  ctx.font = font(11)
  const ink = inkOn(cssColor(view.model?.color))
  ctx.fillStyle = ink.quiet
  const note = unknown ? 'not installed' : noteOf(view)
  ctx.fillText(note, width - 12, -title / 2 + 4)
  const noteWidth = note === '' ? 0 : ctx.measureText(note).width + 12
  const isPinned = view.flags.pinned === true
  if (isPinned) drawPin(ctx, width - 17 - noteWidth, -title / 2, ink.quiet)
  const used = noteWidth + (isPinned ? PIN_WIDTH : 0)
  ctx.textAlign = 'left'
  ctx.font = font(13, 600)
  ctx.fillStyle = ink.text
  ctx.fillText(fitText(ctx, view.title, width - 40 - used), 28, -title / 2 + 4.5)
}

/** Such a node stays where it is when it is dragged. */
function drawPin(ctx: CanvasRenderingContext2D, x: number, y: number, color: string): void {
  ctx.beginPath()
  ctx.moveTo(x - 3, y - 6)
  ctx.lineTo(x + 3, y - 6)
  ctx.moveTo(x - 2, y - 6)
  ctx.lineTo(x - 2, y - 1)
  ctx.lineTo(x - 4, y + 1)
  ctx.lineTo(x + 4, y + 1)
  ctx.lineTo(x + 2, y - 1)
  ctx.lineTo(x + 2, y - 6)
  ctx.moveTo(x, y + 1)
  ctx.lineTo(x, y + 6)
  ctx.lineWidth = 1.3
  ctx.strokeStyle = color
  ctx.stroke()
}

/** What stands at the right of a title: how large pictures come out, and how far the run is or how long it took. */
export function noteOf({ id, mode, scene }: NodeView): string {
  if (mode === NODE_MODES.muted) return 'muted'
  if (mode === NODE_MODES.bypassed) return 'bypassed'
  const status = scene.status(id)
  if (status?.state === 'running' && status.max > 1) return `${status.value} / ${status.max}`
  const took = status?.took === undefined || status.took < 50 ? [] : [`${(status.took / 1000).toFixed(1)} s`]
  return [scene.outlook(id)?.size ?? [], took].flat().join(' · ')
}

/** A thin line under the title; it runs back and forth where the node does not say how far it is. */
function drawProgress(ctx: CanvasRenderingContext2D, width: number, { value, max }: NodeStatus): void {
  ctx.fillStyle = COLORS.field
  ctx.fillRect(1, -3, width - 2, 3)
  ctx.fillStyle = COLORS.running
  if (max > 1) {
    ctx.fillRect(1, -3, (width - 2) * Math.min(1, value / max), 3)
  } else {
    const swing = (1 - Math.cos(performance.now() / 500)) / 2
    ctx.fillRect(1 + swing * (width - 2) * 0.7, -3, (width - 2) * 0.3, 3)
  }
}

function drawPreview(ctx: CanvasRenderingContext2D, view: NodeView, preview: string, width: number, top: number): void {
  const picture = view.scene.pictures.get(preview)
  if (typeof picture !== 'object') return
  const tall = (width * picture.height) / picture.width
  ctx.save()
  box(ctx, 0, top, width, tall, [MEASURES.radius])
  ctx.clip()
  ctx.drawImage(picture.bitmap, 0, top, width, tall)
  ctx.restore()
}

/** How words under a node look. */
interface WordsLook {
  readonly ground: keyof typeof COLORS
  readonly edge: keyof typeof COLORS
  readonly text: keyof typeof COLORS
  readonly lines: number
}

const ERROR: WordsLook = { ground: 'errorGround', edge: 'failed', text: 'errorText', lines: 8 }
const SAID: WordsLook = { ground: 'card', edge: 'border', text: 'quiet', lines: 4 }

/** What went wrong or what there is to say, in words, under the node. */
function drawWords(ctx: CanvasRenderingContext2D, words: string, width: number, top: number, look: WordsLook): void {
  ctx.font = font(12)
  const lines = wrapText(ctx, words, width - 24, look.lines)
  const height = lines.length * 17 + 16
  box(ctx, 0, top + 8, width, height, [MEASURES.radius])
  ctx.fillStyle = COLORS[look.ground]
  ctx.fill()
  ctx.strokeStyle = COLORS[look.edge]
  ctx.lineWidth = 1
  ctx.stroke()
  ctx.fillStyle = COLORS[look.text]
  ctx.textAlign = 'left'
  for (const [i, line] of lines.entries()) ctx.fillText(line, 12, top + 28 + i * 17)
}

/** The colour of a frame that says something; undefined where there is nothing to say. */
export function stateColor(status: NodeStatus | undefined, selected: boolean): string | undefined {
  if (status?.state === 'failed') return COLORS.failed
  if (status?.state === 'running') return COLORS.running
  return selected ? COLORS.selected : undefined
}

function dotColor(status: NodeStatus | undefined): string {
  switch (status?.state) {
    case 'running':
      return COLORS.running
    case 'done':
      return COLORS.done
    case 'failed':
      return COLORS.failed
    default:
      return COLORS.idle
  }
}
