type Point = readonly [x: number, y: number]

/**
 * How far a picture has to be turned for a line on it to be level or upright, whichever is nearer: by 45 degrees at most.
 * @param turned how far the picture is turned as it is seen, in degrees, clockwise
 * @param from in any unit, from the left top, as all points of the screen
 * @returns degrees, clockwise, above −180 up to 180; a line without length turns nothing
 */
export function levelled(turned: number, from: Point, to: Point): number {
  const slope = (Math.atan2(to[1] - from[1], to[0] - from[0]) * 180) / Math.PI
  return withinTurn(turned - (slope - 90 * Math.round(slope / 90)))
}

/** The same direction as an angle above −180 up to 180 degrees. */
function withinTurn(angle: number): number {
  return angle - 360 * Math.ceil((angle - 180) / 360)
}
