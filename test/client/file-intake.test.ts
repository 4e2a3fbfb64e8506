import sharp from 'sharp'
import { expect, test } from 'vitest'
import { withTexts } from '../../client/browser/png-texts.ts'
import type { ToastAction } from '../../client/panels/toasts.ts'
import { FileIntake } from '../../client/pictures/file-intake.ts'
import { savedWorkflow, types } from './types.ts'

/** An intake whose tabs are names, with what it opened, loaded and said. */
function intake({ replaces = false } = {}) {
  const tabs = { all: [{ id: 'first', isChanged: false }], active: { id: 'first' } }
  const done: string[] = []
  const said: { message: string; action: ToastAction | undefined }[] = []
  const show = (id: string) => {
    tabs.active = { id }
  }
  const parts = {
    tabs: {
      get all() {
        return tabs.all
      },
      get active() {
        return tabs.active
      },
      show,
      close: (id: string) => {
        tabs.all = tabs.all.filter((tab) => tab.id !== id)
      },
    },
    types: () => types,
    host: { upload: async ({ name }: File) => ({ filename: name, subfolder: '', type: 'input' }) },
    files: {
      open: (_read: unknown, { name }: { name: string }) => {
        if (replaces) tabs.all = []
        tabs.all.push({ id: name, isChanged: false })
        show(name)
      },
    },
    loaders: { at: () => undefined },
    loading: {
      placeFor: () => (file: { filename: string }) => done.push(`${file.filename} in ${tabs.active.id}`),
      during: async (_name: string, load: () => Promise<void>) => await load(),
    },
    telling: {
      warn: ({ message }: { message: string }) => said.push({ message, action: undefined }),
      toasts: {
        show: (_tone: string, message: string, _remedy: string, more: { action?: ToastAction }) =>
          said.push({ message, action: more.action }),
      },
    },
    isForm: () => false,
  }
  return { taken: new FileIntake(parts as unknown as ConstructorParameters<typeof FileIntake>[0]), tabs, done, said }
}

const picture = async () => {
  const png = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#888' } })
    .png()
    .toBuffer()
  const bytes = withTexts(new Uint8Array(png), { workflow: JSON.stringify(savedWorkflow()) })
  return new File([bytes], 'saved.png', { type: 'image/png' })
}

test('a picture whose graph was opened is loaded where it fell, once somebody asks for that', async () => {
  const { taken, tabs, done, said } = intake()
  await taken.takeFiles([await picture()], [0, 0])
  expect([tabs.active.id, done]).toEqual(['saved', []])
  expect(said[0]?.message).toBe('The graph in ‘saved.png’ is open.')
  said[0]?.action?.act()
  await expect.poll(() => done).toEqual(['saved.png in first'])
  expect(tabs.all.map(({ id }) => id)).toEqual(['first'])
})

test('a graph that somebody has changed meanwhile stays open', async () => {
  const { taken, tabs, done, said } = intake()
  await taken.takeFiles([await picture()], [0, 0])
  tabs.all[1]!.isChanged = true
  said[0]?.action?.act()
  await expect.poll(() => done).toEqual(['saved.png in first'])
  expect(tabs.all.map(({ id }) => id)).toEqual(['first', 'saved'])
})

test('where the graph took the place of another, the picture is loaded in it', async () => {
  const { taken, done, said } = intake({ replaces: true })
  await taken.takeFiles([await picture()], [0, 0])
  said[0]?.action?.act()
  await expect.poll(() => done).toEqual(['saved.png in saved'])
})

test('a file that is no picture is named', async () => {
  const { taken, said } = intake()
  await taken.takeFiles([new File(['%PDF'], 'letter.pdf', { type: 'application/pdf' })], [0, 0])
  expect(said.map(({ message }) => message)).toEqual(['There is no picture in ‘letter.pdf’.'])
})
