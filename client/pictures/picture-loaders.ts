import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { GraphDocument } from '../document/document.ts'
import { formOf, pictureFields } from '../document/form.ts'
import type { Graph, Point } from '../document/graph.ts'
import { uploadParameter } from '../document/picture-inputs.ts'
import type { Setting } from '../editing/setting.ts'
import { STRINGS } from '../strings.ts'

interface LoaderParts {
  readonly document: GraphDocument
  readonly view: { nodeAt(at: Point): string | undefined }
  readonly types: () => Catalogue
  /** Whether the form is in the place of the graph. */
  readonly isForm: () => boolean
}

/** The parameters of what is in view that name a picture to load. */
export class PictureLoaders {
  readonly #parts: LoaderParts

  constructor(parts: LoaderParts) {
    this.#parts = parts
  }

  /** Those of the level in view. */
  get all(): readonly Setting[] {
    const { document, types } = this.#parts
    const { graph, path } = document
    return loadersOf(graph, types()).map((loader) => ({ ...loader, path }))
  }

  /** Where a picture goes that falls on nothing of the form. */
  get firstField(): Setting | undefined {
    const { document, types } = this.#parts
    const [field] = pictureFields(formOf(document.whole, types()))
    return field && { node: field.node, parameter: field.parameter.name }
  }

  /** What loads the pictures of a batch that nobody said it of. */
  get first(): Setting | undefined {
    const { document, types, isForm } = this.#parts
    if (isForm()) return this.firstField
    return this.all[0] ?? loadersOf(document.whole, types())[0]
  }

  /** What to say where nothing loads a picture. */
  get whyNone(): { readonly message: string; readonly remedy: string } {
    return this.#parts.isForm() ? STRINGS.form.noField : STRINGS.batch.noLoader
  }

  /** That of the node under a point. */
  at(point: Point): Setting | undefined {
    const under = this.#parts.view.nodeAt(point)
    return this.all.find(({ node }) => node === under)
  }
}

/** In the order of the graph. */
function loadersOf(graph: Graph, types: Catalogue): readonly Setting[] {
  return [...graph.nodes.values()].flatMap(({ id, type }) => {
    const parameter = uploadParameter(types.get(type))
    return parameter === undefined ? [] : [{ node: id, parameter }]
  })
}
