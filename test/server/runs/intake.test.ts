import { expect, test } from 'vitest'
import { catalogueOf } from '../../../server/graph/catalogue.ts'
import { prepareRun } from '../../../server/runs/intake.ts'
import { catalogue, smallPrompt } from '../graph/sample-catalogue.ts'

const restore = {
  ...catalogue.get('ImageInvert')!,
  id: 'Restore',
  parameters: [{ name: 'model', kind: 'COMBO', options: [], optionsFrom: 'gendr_models' }] as const,
}

/** A host whose folder of inputs holds too much to be listed. */
const surroundings = {
  workflow: async () => undefined,
  catalogue: async () => catalogueOf([...catalogue.values(), restore]),
  models: async () => ({ gendr_models: ['gendr-nano'], gendr_settings: [], upscale_models: [], iqa_models: [] }),
  images: async (): Promise<never> => {
    throw new Error('the pictures were listed')
  },
  imageSize: async (name: string) => (name === 'photo.jpg' ? 7 : undefined),
}

function graph(image: unknown, model = 'gendr-nano') {
  return {
    ...smallPrompt(),
    '1': { class_type: 'LoadImage', inputs: { image } },
    '2': { class_type: 'Restore', inputs: { image: ['1', 0], model } },
  }
}

test('a graph with a model and a picture is taken without listing the pictures', async () => {
  expect(await prepareRun({ graph: graph('photo.jpg'), settings: [] }, surroundings)).toMatchObject({
    ok: true,
    pictureBytes: 7,
  })
})

test('a picture whose name is wrapped as a literal is found as well', async () => {
  const prepared = await prepareRun({ graph: graph({ __value__: 'photo.jpg' }), settings: [] }, surroundings)
  expect(prepared.ok && prepared.prompt['1']?.inputs.image).toBe('photo.jpg')
})

test('a refusal names the picture or the model that is not there, and no other picture', async () => {
  const withoutPicture = await prepareRun({ graph: graph('none.png'), settings: [] }, surroundings)
  expect(withoutPicture.nodeErrors['1']?.errors).toEqual([
    {
      type: 'custom_validation_failed',
      message: 'Custom validation failed for node',
      details: 'image - Invalid image file: none.png',
      extra_info: {
        input_name: 'image',
        received_value: 'none.png',
        remedy: 'Upload the picture, or choose one that is in the input folder.',
      },
    },
  ])
  const withoutModel = await prepareRun({ graph: graph('photo.jpg', 'none'), settings: [] }, surroundings)
  expect(withoutModel.nodeErrors['2']?.errors).toMatchObject([
    { type: 'value_not_in_list', extra_info: { input_config: [['gendr-nano'], {}] } },
  ])
})
