import { fitText } from './draw.ts'
import { GROUP_TITLE, type Layout } from './layout.ts'
import { COLORS, cssColor, FONT, MEASURES, OTHER_SOCKET } from './theme.ts'

/** Frames around nodes that belong together. */
export function drawGroups(ctx: CanvasRenderingContext2D, { groups }: Layout, scale: number): void {
  for (const { model, bounding, isSelected } of groups.values()) {
    const [x, y, width, height] = bounding
    const color = cssColor(model.color) ?? OTHER_SOCKET
    ctx.beginPath()
    ctx.roundRect(x, y, width, height, [MEASURES.radius])
    ctx.globalAlpha = 0.11
    ctx.fillStyle = color
    ctx.fill()
    ctx.globalAlpha = isSelected ? 1 : 0.55
    ctx.strokeStyle = isSelected ? COLORS.selected : color
    ctx.lineWidth = Math.max(isSelected ? 2 : 1, 1 / scale)
    ctx.stroke()
    ctx.beginPath()
    ctx.roundRect(x, y, width, GROUP_TITLE, [MEASURES.radius, MEASURES.radius, 0, 0])
    ctx.globalAlpha = 0.16
    ctx.fill()
    ctx.beginPath()
    ctx.moveTo(x + width - 5, y + height - 14)
    ctx.lineTo(x + width - 14, y + height - 5)
    ctx.moveTo(x + width - 5, y + height - 8)
    ctx.lineTo(x + width - 8, y + height - 5)
    ctx.globalAlpha = 0.6
    ctx.stroke()
    ctx.globalAlpha = 1
    // From far away a title is still read, as long as it has room.
    const size = Math.min(60, Math.max(15, 12 / scale))
    ctx.fillStyle = COLORS.text
    ctx.font = `600 ${size}px ${FONT}`
    ctx.textAlign = 'left'
    ctx.fillText(fitText(ctx, model.title, width - 24), x + 12, y + Math.max(22, size + 4))
  }
}

/** Points that links run through. */
export function drawReroutes(ctx: CanvasRenderingContext2D, { reroutes }: Layout, scale: number): void {
  for (const { position, color } of reroutes.values()) {
    ctx.beginPath()
    ctx.arc(position[0], position[1], Math.max(6, 3 / scale), 0, 2 * Math.PI)
    ctx.fillStyle = color
    ctx.fill()
    ctx.lineWidth = 2
    ctx.strokeStyle = COLORS.ground
    ctx.stroke()
  }
}
