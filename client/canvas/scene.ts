import type { NodeDescription } from '../../nodes/sdk/description.ts'
import type { Catalogue } from '../../server/graph/catalogue.ts'
import type { GraphDocument } from '../document/document.ts'
import type { GraphNode, Point } from '../document/graph.ts'
import type { NodePart } from '../document/part-words.ts'
import type { FileReference } from '../host/address.ts'
import type { NodeOutput, NodeStatus } from '../host/run-board.ts'
import type { ScaleWords } from '../host/scale-words.ts'
import type { Layout } from './layout.ts'
import type { Pictures } from './pictures.ts'

/** A place on the page, in CSS pixels. */
export interface Place {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A rectangle of the graph. */
export interface Area {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** What the canvas asks of the page; the page shows DOM for it. */
export interface PageActions {
  refuse(reason: string): void
  editText(request: {
    readonly place: Place
    readonly value: string
    readonly multiline: boolean
    readonly label: string
    commit(text: string): void
    /** Goes on with the field after this one, or the one before. */
    beside?(by: 1 | -1): void
  }): void
  choose(request: {
    readonly place: Place
    readonly label: string
    readonly options: readonly string[]
    readonly current: string
    pick(option: string): void
  }): void
  /** Asks for a picture file and puts it into a parameter. */
  pickPicture(node: string, parameter: string): void
  openPictures(node: string): void
  /** Opens the picture that goes into a node, to set parameters on it. */
  drawOnPicture(node: string): void
  /** Opens an address of the web beside the editor. */
  follow(address: string): void
  /** The pointer is over the first picture of a node, which is at a place of the page; or over none. */
  pointAtPicture(picture?: { readonly file: FileReference; readonly place: Place }): void
  /** The pointer rests on a part of a node, which has a place on the page; or on none. */
  pointAtPart(part?: { readonly type: NodeDescription; readonly part: NodePart; readonly place: Place }): void
  /** Menu of what was pressed, or of the empty ground. */
  openMenu(target: Target, page: Point, graph: Point): void
  openLinkMenu(link: number, page: Point, graph: Point): void
  /** A double click on a node or on the title of a group. */
  open(target: Target, page: Point): void
  /** Puts a point into a link. */
  addReroute(link: number, at: Point): void
  /** A node was let go over a link that it could be put into. */
  insertNode(node: string, link: number): void
  /** Makes a socket of a subgraph's inside one of its boundary. */
  expose(
    end:
      | { readonly kind: 'input'; readonly node: string; readonly input: string }
      | { readonly kind: 'output'; readonly node: string; readonly output: number },
  ): void
  /** What is edited until `endGesture` is one step of the history. */
  beginGesture(): void
  endGesture(): void
  /** Puts back what was edited since `beginGesture`. */
  abandonGesture(): void
  /** Offers nodes to add, at the open end of a link that was let go. */
  addNode(page: Point, graph: Point, end?: OpenEnd): void
}

export interface Target {
  readonly node?: string
  readonly group?: string
  readonly reroute?: number
}

export type OpenEnd =
  | { readonly kind: 'from'; readonly node: string; readonly output: number; readonly type: string }
  | { readonly kind: 'to'; readonly node: string; readonly input: string; readonly type: string }

/** What node views draw from. */
export interface Scene {
  readonly document: GraphDocument
  readonly page: PageActions
  readonly pictures: Pictures
  readonly layout: Layout
  readonly types: Catalogue
  /** The link into an input. */
  linkInto(node: string, input: string): number | undefined
  /** Where the pointer is in the graph. */
  pointer(): Point
  typeOf(node: GraphNode): NodeDescription | undefined
  status(id: string): NodeStatus | undefined
  output(id: string): NodeOutput | undefined
  /** What a node said of its work in the latest run. */
  said(id: string): readonly string[]
  /** What comes of the scale of a node, where that is known. */
  outlook(id: string): ScaleWords | undefined
  /** Addresses of the pictures that a node shows. */
  shown(node: GraphNode): ShownPictures
  /** Where a node is and how large, as it is drawn. */
  areaOf(id: string): Area | undefined
  /** Where a rectangle of the graph is on the page. */
  place(x: number, y: number, width: number, height: number): Place
}

export interface ShownPictures {
  readonly pictures: readonly string[]
  /** Two pictures that are compared. */
  readonly compared?: { readonly before: string; readonly after: string }
}
