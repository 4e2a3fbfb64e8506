import { withTexts } from '../browser/png-texts.ts'
import { download } from '../browser/snapshot.ts'
import { STRINGS } from '../strings.ts'
import { linkToGraph } from '../workflows/share.ts'
import { openMenu } from './menu.ts'
import type { Anchor } from './popup.ts'

/** What can be handed on of the workflow in view. */
interface Shared {
  readonly name: string
  /** Saves it as a file. */
  save(): void
  /** The text of its file. */
  text(): string
  workflow(): object
  /** What the host is told to run. @throws where the graph cannot run */
  prompt(): object
  /** A picture of the graph; undefined where nothing is in view. */
  picture(): Promise<Blob | undefined>
  copy(link: string, hint: string): Promise<void>
  refuse(reason: { readonly message: string; readonly remedy: string }): void
  failed(error: unknown): void
}

const WORDS = STRINGS.share

/** Ways to hand on a graph. */
export function openShareMenu(shared: Shared, anchor: Anchor): void {
  const attempt = (act: () => Promise<void>) => () => void act().catch(shared.failed)
  const { name } = shared
  openMenu(
    WORDS.title,
    [
      { label: WORDS.file, note: 'Ctrl S', testid: 'share-file', act: () => shared.save() },
      {
        label: WORDS.api,
        testid: 'share-api',
        act: attempt(async () => download(new Blob([JSON.stringify(shared.prompt(), null, 2)]), `${name}-api.json`)),
      },
      {
        label: WORDS.picture,
        testid: 'share-picture',
        act: attempt(async () => {
          const picture = await shared.picture()
          if (picture === undefined) return shared.refuse(WORDS.noPicture)
          const bytes = new Uint8Array(await picture.arrayBuffer())
          const file = withTexts(bytes, { workflow: JSON.stringify(shared.workflow()) })
          download(new Blob([file], { type: 'image/png' }), `${name}.png`)
        }),
      },
      null,
      {
        label: WORDS.link,
        testid: 'share-link',
        act: attempt(async () =>
          shared.copy(await linkToGraph(new URL(location.href), shared.text()), WORDS.copiedHint),
        ),
      },
    ],
    anchor,
  )
}
