import { describe, expect, test } from 'vitest'
import { inputPicture } from '../../client/host/input-picture.ts'
import { shownBefore } from '../../client/host/partial-run.ts'
import { boardOfRun, EMPTY_BOARD, type NodeOutput, withOutputs } from '../../client/host/run-board.ts'
import { promptOf } from './prompt-of.ts'
import { allTypes as types } from './types.ts'

const prompt = {
  load: { class_type: 'LoadImage', inputs: { image: 'holiday/a.png' } },
  invert: { class_type: 'ImageInvert', inputs: { image: ['load', 0] } },
  first: { class_type: 'ImageCrop', inputs: { image: ['load', 0], width: 10 } },
  crop: { class_type: 'ImageCrop', inputs: { image: ['invert', 0], width: 10 } },
  mask: { class_type: 'ImageCrop', inputs: { image: ['load', 1], width: 10 } },
  other: { class_type: 'SaveImage', inputs: { images: ['load', 0] } },
  preview: { class_type: 'PreviewImage', inputs: { images: ['invert', 0] } },
  compare: { class_type: 'ImageCompare', inputs: { image_a: ['load', 0], image_b: ['invert', 0] } },
}
const file = (filename: string) => ({ filename, subfolder: '', type: 'temp' as const })
const images = (name: string): NodeOutput => ({ images: [file(name)] })

/** What goes into a node when these have shown something, some of them in the latest run. */
function into(node: string, outputs: Readonly<Record<string, NodeOutput>> = {}, latest: readonly string[] = []) {
  const board = withOutputs(boardOfRun(EMPTY_BOARD, 'a run', promptOf(...latest), 0), new Map(Object.entries(outputs)))
  return inputPicture(prompt, node, 'image', types, board)
}

describe('the picture that goes into a node', () => {
  test('is the file that is loaded for it, though a run has shown another', () => {
    const loaded = { file: { filename: 'a.png', subfolder: 'holiday', type: 'input' }, isOfRun: false }
    expect(into('first', { other: images('old.png') }, ['other'])).toEqual(loaded)
  })

  test('is what a run has shown of the output that feeds it, under whatever name', () => {
    expect(into('crop', { other: images('x.png'), preview: images('inverted.png') })).toEqual({
      file: file('inverted.png'),
      isOfRun: true,
    })
    const compared = { a_images: [file('a.png')], b_images: [file('b.png')] }
    expect(into('crop', { compare: compared })?.file).toEqual(file('b.png'))
    expect(into('crop', { [shownBefore('crop', 'image')]: images('before.png') })?.file).toEqual(file('before.png'))
  })

  test('is that of the latest run before others', () => {
    const outputs = { preview: images('new.png'), [shownBefore('crop', 'image')]: images('old.png') }
    expect(into('crop', outputs, ['preview'])?.file).toEqual(file('new.png'))
  })

  test('is what a run for it has shown where the node itself is in no run', () => {
    expect(into('bypassed', { [shownBefore('bypassed', 'image')]: images('before.png') })?.file).toEqual(
      file('before.png'),
    )
  })

  test('is not known where none has shown it, nothing feeds it, or what is loaded is no picture', () => {
    expect(into('crop', { other: images('x.png') })).toBeUndefined()
    expect(into('mask')).toBeUndefined()
    expect(into('load')).toBeUndefined()
    expect(into('gone')).toBeUndefined()
  })
})
