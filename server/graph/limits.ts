/** What of a file is read: one that has more is refused, or what is beyond is left out, as each reader says. */

export const MAX_NODES = 20_000
/** Inputs, or outputs, of one node. */
export const MAX_SOCKETS = 2000
/** Subgraphs, or group nodes, in each other. */
export const MAX_NESTING = 64
/** Pixels of the canvas to either side. */
export const MAX_COORDINATE = 1e7
