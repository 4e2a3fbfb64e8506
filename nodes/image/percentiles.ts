import { hasAlpha } from '../pixels/channels.ts'
import { fullScale } from '../pixels/samples.ts'
import type { Frame } from '../sdk/values.ts'

/** How often each level occurs; level i of n stands for i / (n − 1) of white. */
export type Tally = Uint32Array

/**
 * One tally for each colour channel: of all levels of integers, of 65536 of floats, which are clamped to 0..1.
 * @param without marks pixels that do not count
 */
export function tallies(frame: Frame, without?: Uint8Array): readonly Tally[] {
  const { channels, data } = frame
  const levels = data instanceof Uint8Array ? 256 : 65536
  const factor = (levels - 1) / fullScale(data)
  const colours = hasAlpha(frame) ? channels - 1 : channels
  return Array.from({ length: colours }, (_, channel) => {
    const tally = new Uint32Array(levels)
    for (let at = channel, pixel = 0; at < data.length; at += channels, pixel++) {
      if (without?.[pixel] === 1) continue
      const level = Math.round(data[at]! * factor)
      tally[level < 0 ? 0 : level < levels ? level : levels - 1]!++
    }
    return tally
  })
}

export function addTallies(all: readonly Tally[]): Tally {
  return all[0]!.map((_, level) => all.reduce((sum, tally) => sum + tally[level]!, 0))
}

/** The highest level, 0..1, that at most `share` of the samples lie below. */
export function levelBelow(tally: Tally, share: number): number {
  return firstFilled(tally, share) / (tally.length - 1)
}

/** The lowest level, 0..1, that at most `share` of the samples lie above. */
export function levelAbove(tally: Tally, share: number): number {
  const top = tally.length - 1
  return (top - firstFilled(tally.slice().reverse(), share)) / top
}

function firstFilled(tally: Tally, share: number): number {
  const limit = share * tally.reduce((sum, count) => sum + count, 0)
  let seen = 0
  return tally.findIndex((count) => {
    seen += count
    return seen > limit
  })
}
