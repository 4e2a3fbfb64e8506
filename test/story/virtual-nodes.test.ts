import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { withoutBrowser } from './browser.ts'
import { title } from './canvas.ts'
import { plainPicture } from './editor-page.ts'
import { type HistoryRecord, upload } from './host.ts'
import { canvas, host, onCanvas } from './stage.ts'

/** A picture through a point, a reroute, a note, a primitive, and what becomes a subgraph. */
const nodes = [
  { id: 1, type: 'LoadImage', pos: [40, 80], size: [230, 300], widgets_values: ['grey.png', 'image'] },
  {
    id: 2,
    type: 'Reroute',
    pos: [290, 80],
    size: [104, 30],
    inputs: [{ name: '', type: '*', link: 1 }],
    outputs: [{ name: '', type: '*', links: [2] }],
  },
  {
    id: 3,
    type: 'ImageScaleBy',
    pos: [420, 80],
    size: [230, 100],
    inputs: [
      { name: 'image', type: 'IMAGE', link: 2 },
      { name: 'scale_by', type: 'FLOAT', link: 3, widget: { name: 'scale_by' } },
    ],
    widgets_values: ['nearest-exact', 1],
  },
  {
    id: 4,
    type: 'PrimitiveNode',
    pos: [40, 500],
    size: [230, 60],
    outputs: [{ name: 'FLOAT', type: 'FLOAT', links: [3] }],
    widgets_values: [3, 'fixed'],
  },
  { id: 5, type: 'ImageInvert', pos: [680, 80], size: [230, 60], inputs: [{ name: 'image', type: 'IMAGE', link: 4 }] },
  {
    id: 6,
    type: 'SaveImage',
    pos: [940, 80],
    size: [230, 200],
    inputs: [{ name: 'images', type: 'IMAGE', link: 5 }],
    widgets_values: ['virtual'],
  },
  { id: 7, type: 'Note', pos: [420, 400], size: [230, 120], widgets_values: ['Three times as large, and inverted.'] },
] as const
const links = [
  [1, 1, 0, 2, 0, 'IMAGE'],
  [2, 2, 0, 3, 0, 'IMAGE'],
  [3, 4, 0, 3, 1, 'FLOAT'],
  [4, 3, 0, 5, 0, 'IMAGE'],
  [5, 5, 0, 6, 0, 'IMAGE'],
]

describe.skipIf(withoutBrowser)('reroutes, primitives, notes and subgraphs', () => {
  onCanvas({
    before: async () => upload(host, 'grey.png', await plainPicture(20, 10, 'rgb(100,100,100)')),
  })

  async function result(): Promise<{ width: number; height: number; value: number }> {
    await canvas.by('run').click()
    await canvas.page.waitForSelector('body[data-run-state="running"], body[data-run-state="done"]')
    await canvas.page.waitForSelector('body[data-run-state="done"]')
    const history = (await (await fetch(`${host.url}/history`)).json()) as Record<string, HistoryRecord>
    const files = Object.values(history).flatMap(({ outputs }) =>
      Object.values(outputs).flatMap(({ images }) => images ?? []),
    )
    const bytes = await (await fetch(`${host.url}/view?${new URLSearchParams(files.at(-1))}`)).arrayBuffer()
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
    return { width: info.width, height: info.height, value: data[0]! }
  }

  test('run as they are wired', async () => {
    await canvas.load(nodes, links)
    expect(await result()).toEqual({ width: 60, height: 30, value: 155 })
  })

  test('a note is read as Markdown: a link opens beside the editor, a press elsewhere writes', async () => {
    const text = '[The model](https://example.org/model) and [a script](javascript:document.body.remove())'
    await canvas.load([{ id: 1, type: 'MarkdownNote', pos: [40, 80], size: [420, 160], widgets_values: [text] }])
    await canvas.page
      .context()
      .route('https://example.org/**', (route) => route.fulfill({ contentType: 'text/html', body: 'here' }))
    const opened = canvas.page.waitForEvent('popup')
    await canvas.click(65, 97)
    const beside = await opened
    await beside.waitForURL('https://example.org/model')
    expect(await beside.evaluate(() => window.opener)).toBeNull()
    await beside.close()
    await canvas.page.bringToFront()
    await canvas.click(190, 97)
    await canvas.by('text-editor').waitFor()
    expect(await canvas.by('text-editor').inputValue()).toBe(text)
    await canvas.page.keyboard.type('# Notes')
    await canvas.press('Control+Enter')
    expect((await canvas.node(1)).widgets_values).toEqual(['# Notes'])
  })

  test('give the same from inside a subgraph, which shows that it ran', async () => {
    await canvas.load(nodes, links)
    await canvas.click(...title([420, 80]))
    await canvas.page.keyboard.down('Shift')
    await canvas.click(...title([680, 80]))
    await canvas.page.keyboard.up('Shift')
    await canvas.press('Control+Shift+e')
    await canvas.count(6)
    expect(await result()).toEqual({ width: 60, height: 30, value: 155 })
  })
})
