export { type ArrowNulls, arrow_mask, type FromArrowKeywords, from_arrow } from './from_arrow.js'
export { type ArrowModule, to_arrow } from './to_arrow.js'
export type { ArrowData, ArrowField, ArrowTable, ArrowType, ArrowVector } from './types.js'
