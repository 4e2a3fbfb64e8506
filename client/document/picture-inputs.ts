import type { NodeDescription } from '../../nodes/sdk/description.ts'

/** The parameter that names a picture in the input folder. */
export function uploadParameter(type: NodeDescription | undefined): string | undefined {
  return type?.parameters.find((parameter) => parameter.kind === 'COMBO' && parameter.optionsFrom === 'input_images')
    ?.name
}
