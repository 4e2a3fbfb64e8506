import { nameAtEnd } from './file-name.ts'

/** What an import calls the model of a file: its name without folders and ending, in the characters that names have. */
export function nameOfFile(path: string): string {
  return tidy(nameAtEnd(path).replace(WEIGHTS, ''))
}

/**
 * The installed model that a name means: the one of this name, or the one of this file, as ComfyUI's graphs name models, by
 * its path inside their folder in the manner of their system.
 */
export function installedAs(name: string, installed: readonly string[]): string | undefined {
  return [name, tidy(nameAtEnd(name)), nameOfFile(name)].find((candidate) => installed.includes(candidate))
}

/** Whether a file's ending is one of those that models are imported from. */
export function isWeightsFile(path: string): boolean {
  return WEIGHTS.test(path)
}

const WEIGHTS = /\.(safetensors|pth|pt|ckpt|onnx)$/i

function tidy(name: string): string {
  return name.replace(/[^\w.-]+/g, '-')
}
