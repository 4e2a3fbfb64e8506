/** The picture in a file, as far as there is any. */
export function bitmapOf(file: Blob): Promise<ImageBitmap | undefined> {
  return createImageBitmap(file)
    .catch(() => remainsOf(file))
    .catch(() => undefined)
}

/** Of a file that is cut off, browsers show what is there, but make no bitmap. @throws DOMException where there is nothing to show */
async function remainsOf(file: Blob): Promise<ImageBitmap> {
  const image = new Image()
  image.src = URL.createObjectURL(file)
  try {
    // It is refused for what is missing, once all that is there has been read.
    await image.decode().catch(() => undefined)
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight)
    canvas.getContext('2d')?.drawImage(image, 0, 0)
    return canvas.transferToImageBitmap()
  } finally {
    URL.revokeObjectURL(image.src)
  }
}
