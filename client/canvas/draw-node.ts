import type { InputSlot, OutputSlot, Pair } from 'litegraph.js/build/litegraph.core.js'
import { canConnect } from '../../server/graph/link-types.ts'
import { isOff } from '../document/graph.ts'
import { drawCard, noteOf, PIN_WIDTH, stateColor } from './card.ts'
import { fitText, font } from './draw.ts'
import type { NodeView } from './node-view.ts'
import { COLORS, cssColor, inkOn, MEASURES } from './theme.ts'

interface Light {
  readonly scale: number
  readonly mouse: Pair
  /** The socket that a link is drawn from. */
  readonly flying: InputSlot | OutputSlot | null
}

/** Below this scale the text of sockets and fields is left out. */
const READABLE = 0.45

/** How wide a folded node is: its links end there, so it is measured before they are drawn. */
export function measureFolded(ctx: CanvasRenderingContext2D, node: NodeView): void {
  if (node.flags.collapsed !== true) return
  ctx.font = font(11)
  const note = noteOf(node)
  const noteWidth = note === '' ? 0 : ctx.measureText(note).width + 12
  const pinWidth = node.flags.pinned === true ? PIN_WIDTH : 0
  ctx.font = font(13, 600)
  node._collapsed_width = ctx.measureText(fitText(ctx, node.title, 260)).width + 44 + noteWidth + pinWidth
}

/** How wide a node is drawn. */
export function widthOf({ flags, size, _collapsed_width }: NodeView): number {
  return flags.collapsed === true ? (_collapsed_width ?? 80) : (size[0] ?? 0)
}

/** Draws a node at the origin: card, sockets, fields. */
export function drawNode(ctx: CanvasRenderingContext2D, node: NodeView, { scale, mouse, flying }: Light): void {
  const isCollapsed = node.flags.collapsed === true
  const width = widthOf(node)
  drawCard(ctx, node, [width, node.size[1] ?? 0], node.is_selected === true, mouse)
  drawSockets(ctx, node, width, isCollapsed, scale, flying)
  if (isCollapsed) return
  for (const widget of node.widgets) {
    if (scale < READABLE) {
      // What has no frame of its own has no box.
      if (widget.least !== undefined) continue
      ctx.fillStyle = COLORS.field
      ctx.fillRect(MEASURES.margin, widget.last_y ?? 0, width - 2 * MEASURES.margin, widget.computeSize(0)[1])
    } else widget.draw(ctx, node, width, widget.last_y ?? 0)
  }
  if (flying !== null && 'links' in flying) drawOpenFields(ctx, node, flying.type)
}

/** A node from far away. */
export function drawFarNode(ctx: CanvasRenderingContext2D, node: NodeView, scale: number): void {
  const { title } = MEASURES
  const isCollapsed = node.flags.collapsed === true
  const width = widthOf(node)
  const height = isCollapsed ? 0 : (node.size[1] ?? 0)
  const model = node.model
  ctx.globalAlpha = model !== undefined && isOff(model) ? 0.45 : 1
  ctx.fillStyle = cssColor(model?.background) ?? COLORS.card
  ctx.fillRect(0, 0, width, height)
  ctx.fillStyle = cssColor(model?.color) ?? COLORS.farTitle
  ctx.fillRect(0, -title, width, title)
  const color = stateColor(node.scene.status(node.id), node.is_selected === true)
  if (color !== undefined) {
    ctx.lineWidth = 2 / scale
    ctx.strokeStyle = color
    ctx.strokeRect(0, -title, width, height + title)
  }
  ctx.globalAlpha = 1
}

function drawSockets(
  ctx: CanvasRenderingContext2D,
  node: NodeView,
  width: number,
  isCollapsed: boolean,
  scale: number,
  flying: Light['flying'],
): void {
  const fromOutput = flying !== null && 'links' in flying
  const hasText = scale >= READABLE && !isCollapsed
  const { quiet } = inkOn(cssColor(node.model?.background))
  ctx.font = font(12)
  ctx.lineWidth = 1.5
  const room = width * (node.inputs.length > 0 && node.outputs.length > 0 ? 0.5 : 0.9) - 14
  for (const [i, input] of node.inputs.entries()) {
    const y = isCollapsed ? -MEASURES.title / 2 : (i + 0.7) * MEASURES.slot
    ctx.globalAlpha = flying !== null && !(fromOutput && canConnect(flying.type, input.type)) ? 0.35 : 1
    dot(ctx, 0, y, input.color, input.link !== null || input.required, fromOutput && ctx.globalAlpha === 1)
    if (isCollapsed) break
    if (!hasText) continue
    ctx.textAlign = 'left'
    ctx.fillStyle = quiet
    ctx.fillText(fitText(ctx, input.label, room), 11, y + 4)
  }
  for (const [i, output] of node.outputs.entries()) {
    const y = isCollapsed ? -MEASURES.title / 2 : (i + 0.7) * MEASURES.slot
    const isFit = flying !== null && !fromOutput && canConnect(output.type, flying.type)
    ctx.globalAlpha = flying === null || isFit ? 1 : 0.35
    dot(ctx, width, y, output.color, true, isFit)
    if (isCollapsed) break
    if (!hasText) continue
    ctx.textAlign = 'right'
    ctx.fillStyle = quiet
    ctx.fillText(fitText(ctx, output.label, room), width - 11, y + 4)
  }
  ctx.globalAlpha = 1
  const isInput = node.type === 'graph/input'
  if (isCollapsed || (!isInput && node.type !== 'graph/output')) return
  const y = (Math.max(node.inputs.length, node.outputs.length) + 0.7) * MEASURES.slot
  dot(ctx, isInput ? width : 0, y, quiet, false, flying !== null && fromOutput !== isInput)
  if (!hasText) return
  ctx.textAlign = isInput ? 'right' : 'left'
  ctx.fillStyle = quiet
  ctx.fillText('drop a link', isInput ? width - 11 : 11, y + 4)
}

/** Filled where something is or must be; a ring where nothing needs to be. */
function dot(
  ctx: CanvasRenderingContext2D,
  x: number,
  y: number,
  color: string,
  isFull: boolean,
  isFit: boolean,
): void {
  ctx.beginPath()
  ctx.arc(x, y, isFit ? 6 : 4.5, 0, 2 * Math.PI)
  ctx.fillStyle = isFull ? color : COLORS.card
  ctx.fill()
  ctx.strokeStyle = isFull ? COLORS.ground : color
  ctx.stroke()
}

/** While a link is drawn, the fields that it could feed show a socket. */
function drawOpenFields(ctx: CanvasRenderingContext2D, node: NodeView, type: string): void {
  const sockets = new Set(node.model?.inputs.map(({ name }) => name))
  for (const { name, last_y = 0, computeSize } of node.widgets) {
    if (!sockets.has(name)) continue
    const kind = node.description?.parameters.find((parameter) => parameter.name === name)?.kind
    if (kind === undefined || !canConnect(type, kind)) continue
    dot(ctx, 0, last_y + Math.min(26, computeSize(0)[1]) / 2, COLORS.selected, true, false)
  }
}
