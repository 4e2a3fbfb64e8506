import { invalidCheckpoint } from './failure.ts'
import { fileSize, readBytes } from './safetensors.ts'

/**
 * How a file holds its tensors by its first bytes, since files are renamed; undefined where these do not tell.
 * @throws RestorationError for what is left of a download that failed
 */
export function formatOf(path: string): 'safetensors' | 'torch' | undefined {
  const start = Buffer.from(readBytes(path, 0, Math.min(fileSize(path), LENGTH))).toString('latin1')
  const failure = FAILURES.find(({ sign }) => sign.test(start))
  if (failure) throw invalidCheckpoint(`${path}: expected a model, got ${failure.what}.`, failure.remedy)
  if (SAFETENSORS.test(start)) return 'safetensors'
  return TORCH.test(start) ? 'torch' : undefined
}

/** A length of eight bytes, of which no header needs more than four, and JSON. */
const SAFETENSORS = /^.{4}\0{4}\{/s

/** A ZIP archive, or a pickle of protocol 2 or later. */
const TORCH = /^(PK|\x80)/

const LENGTH = 64

/** What is downloaded in place of a model. */
const FAILURES = [
  {
    sign: /^version https:\/\/git-lfs/,
    what: 'a pointer of Git LFS, in place of the file itself',
    remedy:
      'Install Git LFS and run git lfs pull in the folder that it was cloned into, or download the file by itself.',
  },
  {
    sign: /^\s*<(!doctype|html|\?xml)/i,
    what: 'a web page',
    remedy: 'Download the file again; a page that asks to log in or to agree to something is often saved in its place.',
  },
] as const
