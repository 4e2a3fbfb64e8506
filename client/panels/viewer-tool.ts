import type { NumberParameter } from '../../nodes/sdk/description.ts'
import type { PictureTool } from '../../nodes/sdk/node.ts'
import type { FileReference } from '../host/address.ts'
import type { Size } from './viewer-layout.ts'

/** Parameters of a node that a person sets on a picture. */
export interface Drawing {
  readonly title: string
  readonly picture: FileReference
  readonly tool: PictureTool
  /** What each parameter of the tool can be, and is now. */
  readonly parameters: ReadonlyMap<string, NumberParameter>
  readonly values: ReadonlyMap<string, number>
  /** Takes what has been set. */
  accept(values: Readonly<Record<string, number>>): void
  /** Asks for the picture anew; absent where it cannot be another. */
  readonly renew?: (() => void) | undefined
}

export type Point = readonly [x: number, y: number]

/** Where a tool has its picture in the frame of the viewer: its left top corner in CSS pixels, and their number for one of the picture. */
export interface ToolPlace {
  readonly left: number
  readonly top: number
  readonly scale: number
  readonly picture: Size
}

/** What is set on the picture in the viewer: lies over it, and in the place of the viewer's own tools. */
export interface ViewerTool {
  readonly overlay: HTMLElement
  readonly fields: readonly HTMLElement[]
  /** What it is and how the keys serve it. */
  readonly label: string
  /** What has been set; nothing where it is as it was. */
  readonly values: Readonly<Record<string, number>> | undefined
  /** How far the picture is turned, in degrees, clockwise. */
  readonly turn: number
  /** How large what is to be seen is, with the picture in its middle; in pixels of the picture. */
  extent(picture: Size): Size
  place(place: ToolPlace): void
  takeKeys(): void
  /**
   * A pointer goes down.
   * @param at in pixels of the picture, from the left top corner of `extent`
   * @returns whether it takes hold of anything; else it moves the picture
   */
  press(at: Point, target: EventTarget | null): boolean
  drag(at: Point): void
  release(): void
  /** What is dragged is let go where it is not finished: a second finger came. */
  abandon(): void
  /** @returns whether it took the key */
  key(event: KeyboardEvent): boolean
}

/** Steps for an arrow key. */
export function stepsOf({ shiftKey }: KeyboardEvent): number {
  return shiftKey ? 10 : 1
}

/** The way that an arrow key points. */
export const ARROWS: Readonly<Record<string, Point>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}
