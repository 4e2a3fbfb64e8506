import { z } from 'zod'
import { readBytes } from './safetensors.ts'

/** The free text fields of a safetensors file whose header has been read without complaint. */
export function readSafetensorsMetadata(path: string): Readonly<Record<string, string>> {
  const length = new DataView(readBytes(path, 0, 8).buffer).getBigUint64(0, true)
  const header: unknown = JSON.parse(new TextDecoder().decode(readBytes(path, 8, Number(length))))
  return schema.parse(header).__metadata__
}

/** Whatever is no text is left out. */
const schema = z.object({
  __metadata__: z
    .record(z.string(), z.unknown())
    .catch({})
    .transform((all) =>
      Object.fromEntries(
        Object.entries(all).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      ),
    ),
})
