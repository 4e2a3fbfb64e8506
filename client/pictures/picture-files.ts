/** Whether a file is a picture; browsers do not know the type of every one. */
export function isPicture({ type, name }: Pick<File, 'type' | 'name'>): boolean {
  return type.startsWith('image/') || /\.(tiff?|avif|webp)$/i.test(name)
}
