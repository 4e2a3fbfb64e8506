import sharp from 'sharp'
import { expect, test } from 'vitest'
import { saveImageWebsocket } from '../../../nodes/image/save-image-websocket.ts'
import { noiseFrame, testContext } from '../context.ts'
import { batch } from '../frames.ts'

test('pictures are sent as PNG in their order, and no file is written', async () => {
  const frames = [noiseFrame(3, 2, 3, 1), noiseFrame(3, 2, 3, 2)]
  const context = testContext()
  await saveImageWebsocket.run({ images: batch(...frames) }, {}, context)
  const sent = await Promise.all(context.sent.map((png) => sharp(png).raw().toBuffer()))
  expect(sent.map((data) => [...data])).toEqual(frames.map(({ data }) => [...data]))
  expect(context.written.size).toBe(0)
  expect(context.steps).toEqual([
    [0, 2],
    [1, 2],
  ])
})

test('the same graph sends them anew', async () => {
  const print = () => saveImageWebsocket.fingerprint!({}, testContext())
  expect(await print()).not.toBe(await print())
})
