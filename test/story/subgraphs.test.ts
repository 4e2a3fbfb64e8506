import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { dropPictures, withoutBrowser } from './browser.ts'
import { type Canvas, field, output, title } from './canvas.ts'
import { plainPicture } from './editor-page.ts'
import { root } from './host.ts'
import { canvas, host, onCanvas } from './stage.ts'

const nodes = [
  { id: 1, type: 'LoadImage', pos: [40, 80], size: [230, 300], widgets_values: ['a.png', 'image'] },
  {
    id: 2,
    type: 'ImageScaleBy',
    pos: [320, 80],
    size: [230, 100],
    inputs: [{ name: 'image', type: 'IMAGE', link: 1 }],
    widgets_values: ['bicubic', 2],
  },
  {
    id: 3,
    type: 'ImageInvert',
    pos: [600, 80],
    size: [230, 60],
    inputs: [{ name: 'image', type: 'IMAGE', link: 2 }],
  },
  { id: 4, type: 'SaveImage', pos: [900, 80], size: [230, 200], inputs: [{ name: 'images', type: 'IMAGE', link: 3 }] },
] as const
const links = [
  [1, 1, 0, 2, 0, 'IMAGE'],
  [2, 2, 0, 3, 0, 'IMAGE'],
  [3, 3, 0, 4, 0, 'IMAGE'],
]

describe.skipIf(withoutBrowser)('subgraphs', () => {
  onCanvas()

  /** Places inside the subgraph, which is shown whole: from the boundary at 100 to the one that ends at 1051, from 50 to 180. */
  async function fitted(): Promise<(place: readonly [number, number]) => [number, number]> {
    const { width, height } = (await canvas.by('canvas').boundingBox())!
    const scale = Math.min(1.1, width / 1151)
    return ([x, y]) => [(x + (width / scale - 1151) / 2) * scale, (y + (height / scale - 230) / 2) * scale]
  }

  /** The middle two of the four nodes become one, at the place of the first. */
  async function make(all: Parameters<Canvas['load']>[0] = nodes): Promise<void> {
    await canvas.load(all, links)
    await canvas.click(...title([320, 80]))
    await canvas.page.keyboard.down('Shift')
    await canvas.click(...title([600, 80]))
    await canvas.page.keyboard.up('Shift')
    await canvas.press('Control+Shift+e')
    await canvas.count(3)
  }
  const wires = (links: Awaited<ReturnType<Canvas['saved']>>['links']) =>
    links.map(([, from, , to]) => [from, to]).sort(([a], [b]) => a! - b!)

  test('are made of what is selected, and wired as it was', async () => {
    await make()
    const saved = await canvas.saved()
    const [definition] = saved.definitions!.subgraphs
    expect(saved.nodes.find(({ type }) => type === definition!.id)?.inputs).toMatchObject([{ name: 'image' }])
    expect(wires(saved.links)).toEqual([
      [1, 5],
      [5, 4],
    ])
    expect(definition!.inputs.map(({ name }) => name)).toEqual(['image'])
    expect(definition!.outputs.map(({ name }) => name)).toEqual(['IMAGE'])
    expect(definition!.links).toHaveLength(3)
    await canvas.press('Control+z')
    await canvas.count(4)
    expect(wires((await canvas.saved()).links)).toEqual(wires(links as never))
  })

  test('say in their menu that a double click opens them, and of nothing else', async () => {
    await make()
    await canvas.click(...title([320, 80]), { button: 'right' })
    const items = canvas.by('menu').getByRole('menuitem').filter({ hasText: 'Double click' })
    expect(await items.allTextContents()).toEqual([expect.stringContaining('Open subgraph')])
    await canvas.press('Escape')
  })

  test('are not made where that would close a circle, and it is said which node is missing', async () => {
    await canvas.load(nodes, links)
    await canvas.click(...title([320, 80]))
    await canvas.page.keyboard.down('Shift')
    await canvas.click(...title([900, 80]))
    await canvas.page.keyboard.up('Shift')
    await canvas.press('Control+Shift+e')
    expect(await canvas.told()).toMatch(/ImageInvert is fed by the selected nodes and feeds them/)
    await canvas.count(4)
  })

  test('run once for each of several pictures that fall on their inside', async () => {
    const [load, , , save] = nodes
    await canvas.load([load, { ...save, inputs: [{ ...save.inputs[0], link: 1 }] }], [[1, 1, 0, 4, 0, 'IMAGE']])
    await canvas.press('Control+a', 'Control+Shift+e')
    await canvas.count(1)
    await canvas.click(...title([40, 80]), { clickCount: 2 })
    await canvas.count(4)
    await dropPictures(canvas.page, await Promise.all(['#321', '#654'].map((color) => plainPicture(8, 8, color))))
    const saved = async () => (await (await fetch(`${host.url}/internal/files/output`)).json()) as string[]
    await expect.poll(saved).toHaveLength(2)
  })

  test('open the comparison of their inside once it has run', async () => {
    const inputs = ['image_a', 'image_b'].map((name, i) => ({ name, type: 'IMAGE', link: i + 1 }))
    const nodes = [
      { id: 1, type: 'EmptyImage', pos: [40, 80], size: [230, 150], widgets_values: [16, 8, 1, 0] },
      { id: 2, type: 'ImageCompare', pos: [320, 80], size: [230, 200], title: 'Before and after', inputs },
    ]
    await canvas.load(
      nodes,
      [1, 2].map((id, input) => [id, 1, 0, 2, input, 'IMAGE']),
    )
    await canvas.press('Control+a', 'Control+Shift+e')
    await canvas.count(1)
    await canvas.by('run').click()
    await canvas.by('viewer-frame').waitFor()
    expect(await canvas.page.locator('.viewer-title').textContent()).toBe('Before and after')
    await canvas.by('viewer-close').click()
  })

  test('are entered by a double click and left by the path, and hold their own edits', async () => {
    await make()
    await canvas.click(...title([320, 80]), { clickCount: 2 })
    await canvas.count(4)
    expect(await canvas.by('breadcrumb').textContent()).toMatch(/graph.*New subgraph/)
    await canvas.press('Control+a', 'Delete')
    // The boundary stays.
    await canvas.count(2)
    await canvas.press('Control+z')
    await canvas.count(4)
    await canvas.by('level-0').click()
    await canvas.count(3)
    expect(await canvas.by('breadcrumb').isVisible()).toBe(false)
    await canvas.press('Control+y')
    // What is made again inside is shown inside.
    await canvas.count(2)
    await canvas.press('Escape')
    await canvas.count(3)
    await canvas.press('Control+z')
    await canvas.press('Escape')
    await canvas.count(3)
  })

  test('leave the form its own settings, whatever an undo has brought into view behind it', async () => {
    const [load, scale, invert, save] = nodes
    await make([load, scale, invert, { ...save, properties: { form: { filename_prefix: 'Name' } } }])
    await canvas.click(...title([320, 80]), { clickCount: 2 })
    await canvas.count(4)
    await canvas.press('Control+a', 'Delete')
    await canvas.count(2)
    await canvas.by('view-form').click()
    await canvas.count(3)
    await canvas.press('Control+z')
    await canvas.count(4)
    const name = canvas.by('field-filename_prefix').getByRole('textbox')
    await name.fill('other')
    await name.press('Enter')
    expect(await canvas.node(4)).toMatchObject({ properties: { params: { filename_prefix: 'other' } } })
    // It is a step of the graph outside, and taken back there.
    await canvas.by('view-graph').click()
    await canvas.press('Control+z')
    await canvas.count(3)
    expect((await canvas.node(4)).properties.params?.filename_prefix).not.toBe('other')
  })

  test('get another output when a link is dropped on their boundary, and so does every node made of them', async () => {
    await make()
    await canvas.click(...title([320, 80]), { clickCount: 2 })
    await canvas.count(4)
    const inView = await fitted()
    await canvas.drag(inView(output([320, 80])), inView([990, 65]))
    const saved = await canvas.saved()
    const [definition] = saved.definitions!.subgraphs
    expect(definition!.outputs.map(({ name }) => name)).toEqual(['IMAGE', 'IMAGE (2)'])
    const [node] = saved.nodes.filter(({ type }) => type === definition!.id)
    expect(node).toMatchObject({ outputs: [{ name: 'IMAGE' }, { name: 'IMAGE (2)', type: 'IMAGE' }] })
    await canvas.press('Control+z')
    expect((await canvas.saved()).definitions!.subgraphs[0]!.outputs).toHaveLength(1)
    await canvas.press('Escape')
    await canvas.count(3)
  })

  test('show a field of their inside outside, with its value, and each node its own', async () => {
    await make()
    await canvas.click(...title([320, 80]), { clickCount: 2 })
    await canvas.count(4)
    await canvas.press('Escape')
    await canvas.count(3)
    await canvas.click(...title([320, 80]), { clickCount: 2 })
    await canvas.count(4)
    const inView = await fitted()
    await canvas.click(...inView(title([320, 80])), { button: 'right' })
    await canvas.by('menu-expose').click()
    await canvas.by('expose-scale_by').click()
    await canvas.press('Escape')
    await canvas.count(3)
    // One row of sockets, then the field.
    await canvas.click(...field([320, 80], 1))
    await canvas.page.keyboard.type('3.5')
    await canvas.press('Enter')
    const saved = await canvas.saved()
    const [definition] = saved.definitions!.subgraphs
    expect(saved.nodes.find(({ type }) => type === definition!.id)).toMatchObject({
      widgets_values: [3.5],
      properties: { params: { scale_by: 3.5 } },
      inputs: [{ name: 'image' }, { name: 'scale_by', widget: { name: 'scale_by' } }],
    })
    expect(definition!.nodes.find(({ id }) => id === 2)?.widgets_values).toEqual(['bicubic', 2])
  })

  test('are unpacked again', async () => {
    await make()
    await canvas.click(...title([320, 80]), { button: 'right' })
    await canvas.by('menu-unpack').click()
    await canvas.count(4)
    const saved = await canvas.saved()
    expect(saved.definitions?.subgraphs ?? []).toEqual([])
    expect(saved.links).toHaveLength(3)
    expect(saved.nodes.map(({ type }) => type).sort()).toEqual([
      'ImageInvert',
      'ImageScaleBy',
      'LoadImage',
      'SaveImage',
    ])
  })

  test('keep where the outermost level is looked at from, while other workflows are in view', async () => {
    await make()
    await canvas.click(...title([320, 80]), { clickCount: 2 })
    await canvas.page.waitForSelector('[data-testid=level-1]')
    await canvas.press('Alt+t')
    await canvas.count(0)
    await canvas.press('Alt+PageUp')
    await canvas.page.waitForSelector('[data-testid=level-1]')
    expect((await canvas.saved()).extra.ds).toEqual({ scale: 1, offset: [0, 0] })
    await canvas.press('Escape')
    await canvas.count(3)
    expect((await canvas.saved()).extra.ds).toEqual({ scale: 1, offset: [0, 0] })
  })

  test('are used again from the list of nodes, and never inside themselves', async () => {
    await make()
    await canvas.move(600, 500)
    await canvas.press('/')
    await canvas.page.keyboard.type('new subgraph')
    await canvas.press('Enter')
    await canvas.count(4)
    const saved = await canvas.saved()
    expect(saved.definitions!.subgraphs).toHaveLength(1)
    expect(saved.nodes.filter(({ type }) => type === saved.definitions!.subgraphs[0]!.id)).toHaveLength(2)
    await canvas.click(...title([320, 80]), { clickCount: 2 })
    await canvas.page.waitForSelector('[data-testid=level-1]')
    await canvas.move(600, 600)
    await canvas.press('/')
    await canvas.page.keyboard.type('new subgraph')
    await canvas.press('Enter')
    expect(await canvas.told()).toMatch(/cannot hold itself/)
    await canvas.press('Escape')
  })

  test('of ComfyUI show their fields and nest', async () => {
    await canvas.open('subgraphs', await readFile(join(root, 'test/fixtures/workflows/subgraphs.json'), 'utf8'))
    await canvas.count(5)
    await canvas.page.keyboard.press('f')
    expect((await canvas.node(21)).widgets_values).toEqual([2.5])
  })

  test('of ComfyUI show the fields that they promote, which are edited on the node and run so', async () => {
    await canvas.open('promoted', await readFile(join(root, 'test/fixtures/workflows/promoted-widgets.json'), 'utf8'))
    await canvas.count(5)
    // The file is looked at from 400, 100; the third of four fields is the width.
    await canvas.click(...field([440, 140], 1, 2))
    await canvas.by('text-editor').waitFor()
    expect(await canvas.by('text-editor').inputValue()).toBe('640')
    await canvas.page.keyboard.type('800')
    await canvas.press('Enter')
    expect((await canvas.node(11)).widgets_values).toEqual(['lanczos', 2.5, 800, 0.25, '?'])
    expect((await canvas.node(12)).widgets_values).toEqual([])
    const saved = (await canvas.saved()) as unknown as { definitions: { subgraphs: { nodes: object[] }[] } }
    expect(saved.definitions.subgraphs[0]!.nodes[1]).toMatchObject({
      widgets_values: ['bicubic', 512, 384, 'disabled'],
    })
    await canvas.press('Control+z')
    expect((await canvas.node(11)).widgets_values).toEqual(['lanczos', 2.5, 640, 0.25, '?'])
  })

  test('of newer ComfyUI show and keep the fields that their nodes do not list', async () => {
    await canvas.open('newer', await readFile(join(root, 'test/fixtures/workflows/newer-subgraphs.json'), 'utf8'))
    await canvas.count(8)
    // The file is looked at from 400, 100; the second of four fields is the strength.
    await canvas.click(...field([440, 140], 1, 1))
    await canvas.by('text-editor').waitFor()
    expect(Number(await canvas.by('text-editor').inputValue())).toBe(0.25)
    await canvas.page.keyboard.type('0.5')
    await canvas.press('Enter')
    expect(await canvas.node(2)).toMatchObject({ widgets_values: [7, 0.5, 2, 'lanczos'], inputs: [{ name: 'image' }] })
    expect((await canvas.node(3)).widgets_values).toEqual([8, 0.5, 2, 'area'])
  })

  test('no script failed on the way', () => {
    expect(canvas.troubles).toEqual([])
  })
})
