import type { IncomingMessage } from 'node:http'
import { win32 } from 'node:path'
import { RestorationError } from '../../nodes/sdk/error.ts'
import { messageOf } from '../message-of.ts'
import { runFormSchema } from '../protocol/requests.ts'
import type { SentPicture } from '../runs/intake.ts'
import type { Keep } from './bodies.ts'
import { parse } from './failure.ts'
import { type Form, readForm } from './form.ts'

/** A run as a form: what POST /prompt takes, and the pictures that came with it. */
export interface RunForm {
  readonly sent: object
  readonly pictures: readonly SentPicture[]
}

/** As much text as a JSON body may have. */
const LIMITS = { files: 100, fields: 1100, text: 8 << 20, isWhole: true }

/**
 * Reads a run that is sent as multipart/form-data: `workflow`, the name of one or a graph as JSON, `set` as often as there
 * are settings, and files, each for the parameter that its field names.
 * @throws RestorationError `invalid_input`, `workflow_invalid`, `image_too_large`, `queue_full`
 */
export async function readRunForm(request: IncomingMessage, maxUpload: number, keep: Keep): Promise<RunForm> {
  return runOf(await readForm(request, { ...LIMITS, maxUpload }, keep))
}

/** @throws RestorationError `invalid_input`, `workflow_invalid` */
export function runOf({ fields, files }: Form): RunForm {
  const isGraph = ({ field }: { readonly field: string }) => field === 'workflow'
  const texts = files.filter(isGraph).map(({ field, bytes }) => [field, Buffer.from(bytes).toString('utf8')] as const)
  const { workflow, ...rest } = parse(runFormSchema, byName([...fields, ...texts]))
  return {
    sent: { ...rest, workflow: readGraph(workflow) },
    pictures: files.filter((file) => !isGraph(file)).map(sent),
  }
}

/** The fields as an object; those that may be repeated as lists. */
function byName(fields: Form['fields']): Record<string, string | string[]> {
  const set: string[] = []
  const single = new Map<string, string>()
  for (const [name, value] of fields) {
    if (name === 'set') set.push(value)
    else if (!Object.hasOwn(runFormSchema.shape, name)) throw stranger(name)
    else if (single.has(name)) {
      throw new RestorationError(
        'invalid_input',
        `The form has '${name}' twice.`,
        'Send it once; only set is repeated.',
      )
    } else single.set(name, value)
  }
  return { ...Object.fromEntries(single), set }
}

function stranger(name: string): RestorationError {
  const known = Object.keys(runFormSchema.shape).join(', ')
  const message = `A run has no field '${name.slice(0, 200)}'.`
  const remedy = `Send a picture as a file, as curl does with -F '${name.slice(0, 50)}=@photo.jpg'; fields are ${known}.`
  return new RestorationError('invalid_input', message, remedy)
}

/** A name, or the graph that a text is. */
function readGraph(text: string): unknown {
  if (!text.trimStart().startsWith('{')) return text.trim()
  try {
    return JSON.parse(text)
  } catch (error) {
    const message = `'workflow' is not JSON: ${messageOf(error)}.`
    throw new RestorationError('workflow_invalid', message, 'Send the whole graph, or the name of a workflow.')
  }
}

/** A picture of the form; of its file's name what follows the last slash, since some clients send a path. */
function sent({ field, filename: path, bytes }: Form['files'][number]): SentPicture {
  const filename = win32.basename(path)
  if (['', '.', '..'].includes(filename)) {
    throw new RestorationError(
      'invalid_input',
      `The file of '${field}' has no name.`,
      'Choose a file, and send its name.',
    )
  }
  // A setting would end there.
  if (field.includes('=')) {
    const message = `The field '${field.slice(0, 200)}' names no parameter.`
    throw new RestorationError(
      'invalid_input',
      message,
      'Call it as a setting does, without its value: LoadImage.image.',
    )
  }
  return { field, filename, bytes }
}
