import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { withoutBrowser } from './browser.ts'
import { root } from './host.ts'
import { canvas, host, onCanvas } from './stage.ts'

describe.skipIf(withoutBrowser)('an editor whose host is started again', () => {
  let second: ChildProcess | undefined
  onCanvas()
  afterAll(async () => {
    if (second === undefined) return
    second.kill('SIGTERM')
    await once(second, 'exit')
  })

  const startAgain = async () => {
    host.process.kill('SIGTERM')
    await once(host.process, 'exit')
    await canvas.page.waitForSelector('body[data-connection="lost"]')
    const flags = ['serve', '--port', new URL(host.url).port, '--data', host.data, '--device', 'cpu']
    second = spawn(process.execPath, ['server/start.mjs', ...flags], { cwd: root, stdio: 'ignore' })
    await canvas.page.waitForSelector('body[data-connection="connected"]')
  }
  /** Runs a graph that makes a picture of one colour. */
  const show = async (color: number) => {
    await canvas.load(
      [
        { id: 1, type: 'EmptyImage', pos: [40, 80], size: [230, 160], widgets_values: [64, 64, 1, color] },
        {
          id: 2,
          type: 'PreviewImage',
          pos: [400, 80],
          size: [230, 300],
          inputs: [{ name: 'images', type: 'IMAGE', link: 1 }],
        },
      ],
      [[1, 1, 0, 2, 0, 'IMAGE']],
    )
    await canvas.by('run').click()
  }
  /** The colour in the middle of the picture on the canvas. */
  const shown = async () => {
    const { x, y } = (await canvas.page.locator('#canvas').boundingBox())!
    const clip = { x: x + 515, y: y + 240, width: 1, height: 1 }
    return [
      ...(await sharp(await canvas.page.screenshot({ clip }))
        .removeAlpha()
        .raw()
        .toBuffer()),
    ]
  }

  test('shows what is made then, although its files are called as those before', async () => {
    await show(0xff0000)
    await expect.poll(shown).toEqual([255, 0, 0])
    await startAgain()
    await show(0x00ff00)
    await expect.poll(shown).toEqual([0, 255, 0])
  })
})
