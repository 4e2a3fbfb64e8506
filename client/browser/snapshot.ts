/**
 * What a canvas shows, made smaller; undefined where it shows nothing.
 * @param width of the picture in pixels, at most
 */
export async function snapshot(
  canvas: HTMLCanvasElement,
  width: number,
  type: 'image/webp' | 'image/png',
): Promise<Blob | undefined> {
  if (canvas.clientWidth === 0 || canvas.width === 0) return undefined
  const scale = Math.min(1, width / canvas.width)
  const small = new OffscreenCanvas(Math.round(canvas.width * scale), Math.max(1, Math.round(canvas.height * scale)))
  const context = small.getContext('2d')
  if (context === null) return undefined
  context.imageSmoothingQuality = 'high'
  context.drawImage(canvas, 0, 0, small.width, small.height)
  return small.convertToBlob({ type, quality: 0.8 })
}

/** Gives the person a file. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name.replaceAll(/[\\/:*?"<>|]/g, '_')
  link.click()
  // A busy machine may begin to read it late.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
