import type { Frame } from '../sdk/values.ts'

/** What only the node knows of a file's name is filled in; the date is the storage's (ComfyUI: get_save_image_path). */
export function filenamePrefix(prefix: string, { width, height }: Frame, index: number): string {
  return prefix
    .replaceAll('%width%', String(width))
    .replaceAll('%height%', String(height))
    .replaceAll('%batch_num%', String(index))
}
