import { type Request, Router } from 'express'
import { z } from 'zod'
import type { FileReference } from '../../nodes/sdk/context.ts'
import { RestorationError } from '../../nodes/sdk/error.ts'
import type { FileIndex } from '../storage/file-index.ts'
import { type HostFiles, isFolderType, leadsOut, unmistakable } from '../storage/host-files.ts'
import { KeptFiles } from '../storage/kept-files.ts'
import type { Upload } from '../storage/storage.ts'
import { ANNOTATION } from '../storage/storage.ts'
import type { Bodies } from './bodies.ts'
import { type Form, readForm } from './form.ts'
import type { Previewer } from './previewer.ts'

/** POST /upload/image: a picture into a folder; POST /upload/mask: one that is there with the alpha of another. */
export function uploadRoutes(
  files: HostFiles,
  index: FileIndex,
  previewer: Pick<Previewer, 'masked'>,
  bodies: Bodies,
  { maxPixels, maxUpload }: { readonly maxPixels: number; readonly maxUpload: number },
): Router {
  const kept = new KeptFiles(files, index)
  const router = Router()
  router.post('/upload/image', async (request, response) => {
    response.json(await holdForm(request, async (form) => save(kept, readUpload(form))))
  })
  router.post('/upload/mask', async (request, response) => {
    response.json(await holdForm(request, async (form) => save(kept, await masked(form))))
  })

  function holdForm<T>(request: Request, use: (form: PictureForm) => Promise<T>): Promise<T> {
    return bodies.hold(async (keep) => use(pictureForm(await readForm(request, { ...LIMITS, maxUpload }, keep))))
  }

  /** The picture under the mask, with its alpha. */
  async function masked(form: PictureForm): Promise<Upload> {
    const upload = readUpload(form)
    // comfy-ui-client spells it in its own way.
    const reference = form.fields.get('original_ref') ?? form.fields.get('originalRef')
    const path = await files.path(readOriginal(reference))
    const bytes = await previewer.masked({ path, mask: upload.bytes, maxPixels })
    return { ...upload, bytes }
  }

  return router
}

/** Of a form with one picture; what ComfyUI would not look at is passed over. */
const LIMITS = { files: 1, fields: 20, text: 200_000 }

interface PictureForm {
  readonly fields: ReadonlyMap<string, string>
  readonly file: { readonly filename: string; readonly bytes: Uint8Array } | undefined
}

function pictureForm({ fields, files }: Form): PictureForm {
  return { fields: new Map(fields), file: files.find(({ field }) => field === 'image') }
}

function readUpload({ fields, file }: PictureForm): Upload {
  const type = fields.get('type') || 'input'
  if (file === undefined || file.filename === '' || !isFolderType(type)) {
    const message = isFolderType(type) ? "The form has no file 'image'." : `The type '${type}' does not exist.`
    throw new RestorationError('invalid_input', message, "Send 'image' as a file; 'type' is input, output or temp.")
  }
  const overwrite = ['true', '1'].includes(fields.get('overwrite') ?? '')
  const { filename, bytes } = file
  return { type, subfolder: fields.get('subfolder') ?? '', filename, bytes, overwrite }
}

async function save(kept: KeptFiles, upload: Upload) {
  try {
    const place = await kept.save(upload)
    return { name: unmistakable(place), subfolder: place.subfolder, type: place.type }
  } catch (error) {
    if (!(error instanceof RestorationError) || error.code !== 'path_outside') throw error
    // ComfyUI answers 400 here, and 403 when the same path is viewed.
    throw new RestorationError('invalid_input', error.message, error.remedy)
  }
}

const originalSchema = z.object({
  filename: z.string().min(1),
  subfolder: z.string().default(''),
  type: z.enum(['input', 'output', 'temp']).default('output'),
})

/** `original_ref`: the picture under the mask, as JSON. */
function readOriginal(text: string | undefined): FileReference {
  try {
    const original = originalSchema.parse(JSON.parse(text ?? ''))
    const filename = original.filename.replace(ANNOTATION, '')
    const type = ANNOTATION.exec(original.filename)?.[1] ?? original.type
    if (leadsOut(filename)) throw new Error('the name leads out of its folder')
    return { ...original, filename, type: type as FileReference['type'] }
  } catch (cause) {
    const remedy = 'Send original_ref as {"filename": …, "subfolder": …, "type": …}.'
    throw new RestorationError('invalid_input', 'The form does not say which picture the mask is for.', remedy, {
      cause,
    })
  }
}
