import type { PlannedNode } from '../graph/plan.ts'
import type { Link } from '../graph/prompt.ts'
import type { NodeWords } from '../protocol/events.ts'
import type { InnerResult, NodeResult } from './cache.ts'
import type { Answer } from './call-node.ts'

/** Where a node that an expansion made stands in the graph that the user sees. */
export interface Place {
  /** The node that was expanded. */
  readonly parent: Task
  /** The node of the submitted graph. */
  readonly display: string
}

/** What a node that was expanded waits for. */
export interface Unfolding {
  readonly answers: readonly Answer[]
  /** From a link of the expansion of one call to one of the whole graph. */
  readonly resolve: (link: Link, call: number) => Link
  /** The nodes whose outputs become those of the node. */
  readonly sources: readonly string[]
}

/** One node of a run and how far it is. */
export interface Task {
  readonly planned: PlannedNode
  readonly signature: string
  /** Its result must not be found again: something that it depends on cannot be known. */
  readonly isVolatile: boolean
  readonly place: Place | undefined
  /** Position in the plan; decides among equals. */
  readonly rank: number
  /** `idle` until something needs it, and again when its result was given up. */
  state: 'idle' | 'waiting' | 'running' | 'done'
  /** How many tasks it waits for. */
  open: number
  /** Those that wait for it. */
  waiters: Task[]
  /** How many nodes may still use its result. */
  users: number
  /** It is among the users of its sources. */
  isCounted: boolean
  /** An equal task that computes for both. */
  twin: Task | undefined
  /** Lazy inputs that it asked for. */
  readonly granted: Set<string>
  unfolding: Unfolding | undefined
  /** When its work began, in ms. */
  startedAt: number
  /** What it said when it was called last. */
  said: NodeWords[]
  /** What the output nodes of its expansion showed. */
  readonly inner: InnerResult[]
  /** It is an output node, or one is in its expansion, or further inside. */
  hasEffects: boolean
  /** A blocker's message was told because of it. */
  isBlocked: boolean
  result: NodeResult | undefined
}

/** The node of the submitted graph that a task belongs to. */
export function displayOf({ place, planned }: Task): string {
  return place?.display ?? planned.id
}
