import type { NodeDescription } from '../../nodes/sdk/description.ts'
import { uploadParameter } from '../document/picture-inputs.ts'
import { STRINGS } from '../strings.ts'
import { box, font, wrapText } from './draw.ts'
import type { Picture } from './pictures.ts'
import type { Place, Scene, ShownPictures } from './scene.ts'
import { COLORS } from './theme.ts'

/** Nodes that load or end with pictures keep a place for them. */
export function showsPictures(type: NodeDescription | undefined): boolean {
  return type !== undefined && (type.outputNode || uploadParameter(type) !== undefined)
}

/** Draws what a node shows: a comparison, pictures side by side, texts, or what will be here. */
export function drawPictures(
  ctx: CanvasRenderingContext2D,
  scene: Scene,
  place: Place,
  shown: ShownPictures,
  texts: readonly string[],
  pointer: number | undefined,
): void {
  if (place.height < 20) return
  if (shown.compared !== undefined) drawComparison(ctx, scene, place, shown.compared, pointer)
  else if (shown.pictures.length > 0) drawGrid(ctx, scene, place, shown.pictures)
  else if (texts.length > 0) drawTexts(ctx, place, texts)
  else drawEmpty(ctx, place)
}

function drawComparison(
  ctx: CanvasRenderingContext2D,
  scene: Scene,
  place: Place,
  { before, after }: { before: string; after: string },
  pointer: number | undefined,
): void {
  const [a, b] = [scene.pictures.get(before), scene.pictures.get(after)]
  if (typeof a !== 'object' || typeof b !== 'object') {
    drawEmpty(ctx, place)
    return
  }
  const fitted = inscribe(b, place)
  const split = Math.min(fitted.x + fitted.width, Math.max(fitted.x, pointer ?? fitted.x + fitted.width / 2))
  drawPicture(ctx, b, fitted)
  ctx.save()
  ctx.beginPath()
  ctx.rect(fitted.x, fitted.y, split - fitted.x, fitted.height)
  ctx.clip()
  drawPicture(ctx, a, fitted)
  ctx.restore()
  ctx.fillStyle = '#ffffff'
  ctx.fillRect(split - 0.75, fitted.y, 1.5, fitted.height)
  caption(ctx, fitted, 'Before', 'left')
  caption(ctx, fitted, 'After', 'right')
}

function drawGrid(ctx: CanvasRenderingContext2D, scene: Scene, place: Place, addresses: readonly string[]): void {
  const columns = Math.ceil(Math.sqrt(Math.min(9, addresses.length)))
  const rows = Math.ceil(Math.min(9, addresses.length) / columns)
  for (const [i, address] of addresses.slice(0, 9).entries()) {
    const cell = {
      x: place.x + ((i % columns) * place.width) / columns,
      y: place.y + (Math.floor(i / columns) * place.height) / rows,
      width: place.width / columns - (columns > 1 ? 4 : 0),
      height: place.height / rows - (rows > 1 ? 4 : 0),
    }
    const picture = scene.pictures.get(address)
    if (typeof picture === 'object') {
      const fitted = inscribe(picture, cell)
      drawPicture(ctx, picture, fitted)
      if (columns === 1) caption(ctx, fitted, `${picture.width} × ${picture.height}`, 'right')
    } else {
      drawEmpty(ctx, cell, STRINGS.picture[picture])
    }
  }
}

function drawPicture(ctx: CanvasRenderingContext2D, { bitmap }: Picture, { x, y, width, height }: Place): void {
  ctx.save()
  box(ctx, x, y, width, height, [4])
  ctx.clip()
  ctx.imageSmoothingQuality = 'high'
  ctx.drawImage(bitmap, x, y, width, height)
  ctx.restore()
}

/** From one line of text to the next. */
const LINE = 17

function drawTexts(ctx: CanvasRenderingContext2D, place: Place, texts: readonly string[]): void {
  ctx.font = font(12)
  ctx.textAlign = 'left'
  ctx.fillStyle = COLORS.text
  const lines = wrapText(ctx, texts.join('\n'), place.width - 16, Math.floor(place.height / LINE))
  for (const [i, line] of lines.entries()) ctx.fillText(line, place.x + 8, place.y + 16 + i * LINE)
}

function drawEmpty(ctx: CanvasRenderingContext2D, { x, y, width, height }: Place, text = ''): void {
  box(ctx, x, y, width, height, [4])
  ctx.fillStyle = COLORS.field
  ctx.fill()
  if (text === '') return
  ctx.font = font(12)
  ctx.textAlign = 'center'
  ctx.fillStyle = COLORS.quiet
  const lines = wrapText(ctx, text, width - 16, Math.max(1, Math.floor(height / LINE)))
  const top = y + height / 2 + 4 - ((lines.length - 1) * LINE) / 2
  for (const [i, line] of lines.entries()) ctx.fillText(line, x + width / 2, top + i * LINE)
}

function caption(
  ctx: CanvasRenderingContext2D,
  { x, y, width, height }: Place,
  text: string,
  side: 'left' | 'right',
): void {
  ctx.font = font(10, 500)
  const wide = ctx.measureText(text).width + 12
  if (wide > width * 0.6) return
  const left = side === 'left' ? x + 5 : x + width - wide - 5
  box(ctx, left, y + height - 22, wide, 17, [4])
  ctx.fillStyle = 'rgba(12, 13, 15, 0.72)'
  ctx.fill()
  // On a dark veil in both themes.
  ctx.fillStyle = '#e9eaec'
  ctx.textAlign = 'left'
  ctx.fillText(text, left + 6, y + height - 10)
}

/** The largest place of the picture's shape, in the middle. */
function inscribe({ width, height }: Picture, place: Place): Place {
  const scale = Math.min(place.width / width, place.height / height)
  const [w, h] = [width * scale, height * scale]
  return { x: place.x + (place.width - w) / 2, y: place.y + (place.height - h) / 2, width: w, height: h }
}
