import type { Manifest, VariantProvider } from '../installed/manifest.ts'
import type { Conditioning } from './conditioning.ts'
import { type Body, Drafting, type DraftStyle } from './drafting.ts'
import type { Feature } from './graph-builder.ts'
import { type Compute, CPU_FORMS, CUDA_FORMS } from './network.ts'
import type { Weights } from './weights.ts'

type KeysOfUnion<T> = T extends unknown ? keyof T : never
type DistributiveOmit<T, K extends KeysOfUnion<T>> = T extends unknown ? Omit<T, K> : never

/** A manifest without what is known only when the files are written. */
export type Description = DistributiveOmit<Manifest, 'graphs' | 'variants' | 'weights' | 'precision' | 'parameters'>

/** A model before it is written: every tensor is found and its shape checked, few are read. */
export interface ModelDraft {
  readonly description: Description
  readonly graphs: DraftedGraphs
  readonly written: Written
  readonly parameters: number
  /** Where the tensors come from; each must be finite. */
  readonly sources: readonly Weights[]
  /** Of restorers: where each constant of the step comes from, in words. */
  readonly origin?: string
  /** What was assumed and may be otherwise, each with what to do about it. */
  readonly doubts?: readonly string[]
  /** Of restorers: what depends on timestep and prompt, and the bytes that are kept to fold it again. */
  readonly conditioning?: { readonly constants: Conditioning; readonly kept: () => Iterable<Uint8Array> }
}

/** What the graphs refer to: the contents of the weights file, and files to link beside them. */
export type Written = Pick<Drafting, 'constants' | 'links' | 'precision' | 'work'>

/** ONNX files by part. */
export type Parts = Readonly<Record<string, Uint8Array>>

export interface DraftedGraphs {
  readonly base: Parts
  readonly variants: Readonly<Partial<Record<VariantProvider, Parts>>>
}

/** One graph to draw. */
export interface Part {
  readonly weights: Weights
  readonly from: readonly Feature[]
  readonly to: string
  /** What it computes with on every provider, where that is not the style's. */
  readonly compute?: Compute
  readonly body: Body
}

/** How a model's graphs are written. */
export interface GraphStyle extends DraftStyle {
  /** The providers that get graphs of their own where these differ. @default ['cpu'] */
  readonly variants?: readonly VariantProvider[] | undefined
}

/** Draws every part, and again for each provider that computes another form faster. */
export function drawParts(
  style: GraphStyle,
  weights: Readonly<Record<string, Weights>>,
  parts: Readonly<Record<string, Part>>,
): { readonly written: Written; readonly graphs: DraftedGraphs } {
  const drafting = new Drafting(style, weights)
  const draw = (own?: Pick<DraftStyle, 'compute' | 'forms'>): Parts =>
    Object.fromEntries(
      Object.entries(parts).map(([name, { weights, from, to, compute, body }]) => [
        name,
        drafting.draw(name, weights, from, to, body, compute ? { ...style, ...own, compute } : own),
      ]),
    )
  const base = draw()
  const variants: Partial<Record<VariantProvider, Parts>> = {}
  for (const provider of style.variants ?? ['cpu']) {
    const own = draw(VARIANT_STYLES[provider])
    const different = Object.entries(own).filter(([name, graph]) => Buffer.compare(graph, base[name]!) !== 0)
    if (different.length > 0) variants[provider] = Object.fromEntries(different)
  }
  return { written: drafting, graphs: { base, variants } }
}

/** What each provider computes fastest, where its results are right. */
const VARIANT_STYLES: Readonly<Record<VariantProvider, Pick<DraftStyle, 'compute' | 'forms'>>> = {
  cpu: { forms: CPU_FORMS },
  cuda: { forms: CUDA_FORMS, compute: 'fp16' },
}
