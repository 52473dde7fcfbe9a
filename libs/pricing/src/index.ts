export {
  advance,
  aggregateOf,
  freshAggregate,
  type AggregatedEvent,
  type AggregateState,
  type AggregateStep,
  type Aggregation,
} from './aggregate.ts'
export { billPlan, type PlanBill, type PlanBillLine, type PlanPeriod } from './bill-plan.ts'
export {
  type BillLine,
  capLines,
  creditLines,
  discountLines,
  linesOf,
  lineTotal,
  minimumLine,
  roundedTo,
  subtractLines,
} from './bill-lines.ts'
export { capacityAmount, compileCapacity } from './capacity.ts'
export { compileAmountRule } from './amount-rule.ts'
export type * from './charge.ts'
export { BookInvalid } from './charge.ts'
export { compileBook, findModel, inForce, type CompiledBook } from './compile-book.ts'
export { useKey } from './claim-meters.ts'
export { combineBooks } from './combine-books.ts'
export { type CompiledFee, compilePlan, type CompiledPlan, type PlanTerms } from './compile-plan.ts'
export { type Component, componentsOf, exactSum, subtractComponents } from './components.ts'
export { activeAgents, type PlanEvent } from './gather-usage.ts'
export { marginSource } from './cost-plus.ts'
export { estimate, type Estimate, type Estimated } from './estimate.ts'
export { compileEventModel, evaluateEvents, type EventModel, missing } from './evaluate-events.ts'
export { compileModel, evaluate, type EvaluableModel, feeAtZero } from './evaluate.ts'
export { compileEventPricing, type EventPricing, type EventPricingData } from './event-pricing.ts'
export { eventAmount, isAdditive, owedOfSum } from './event-sum.ts'
export { OrderedEvents } from './ordered-events.ts'
export { explain, priceOf, type ExplainedLine, type Explanation, type StoredStep } from './explain.ts'
export { chargesFor, type Charged } from './match-charge.ts'
export { compileMatch, nameLengthMax, type NameMatcher } from './match-clause.ts'
export { packagesOf } from './package.ts'
export { type PeriodDays, prorate, trueUp } from './period-amounts.ts'
export type { Overrides, Plan } from './plan.ts'
export { chargeFee, commitmentTrueUp, countOf, feeAmount, type FeeCounts, feeDue, minimumTrueUp } from './plan-fees.ts'
export { withOverrides } from './plan-terms.ts'
export type { PricedEvent } from './priced-event.ts'
export { applyQuantityRule, compileQuantityRule } from './quantity-rule.ts'
export { rateUses, type SegmentName, type SegmentStep } from './rate-uses.ts'
export type { Refusal } from './refusal.ts'
export { freshCounter, telescope, type Counter } from './telescope.ts'
export { freshEventCounter, telescopeEvents, type EventCounter } from './telescope-events.ts'
export { tierSlices, type TierSlice } from './tier-slices.ts'
export { partsOf, totalOf } from './token-kinds.ts'
export { compileTotal, type TotalFunction } from './total-function.ts'
export type { Cell, ChargeUse, EventUse, Usage } from './usage.ts'
export { compileVolume, volumeNumerator, volumeTierIndex } from './volume.ts'
