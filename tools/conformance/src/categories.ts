import { graduatedBands, volumeBands } from './bands.ts'
import { blocks } from './blocks.ts'
import * as commitments from './commitments.ts'
import { lineMode, usageDiscount } from './line-mode.ts'
import { percentage, percentageMinMax } from './percentages.ts'
import { graduatedRanges, proratedGraduated, volumeRanges } from './ranges.ts'
import { rerateDelta, rerateIncremental, rerateRounding } from './rerate.ts'
import { tokenCost } from './tokens.ts'
import * as totals from './totals.ts'
import type { Mapping } from './vector.ts'

const later =
  (what: string): Mapping =>
  () => ({ unsupported: `${what} are not part of the pricing core` })

/** Every category of the rules, and what of ours answers it. A category that is missing here fails. */
export const mappings: Readonly<Record<string, Mapping>> = {
  'rate.unit': lineMode,
  'rate.package': lineMode,
  'rate.dynamic': lineMode,
  'rate.flat': lineMode,
  'rate.tiered_graduated': lineMode,
  'rate.tiered_volume': lineMode,
  'rate.unit_conversion': lineMode,
  'rate.discount_then_cap': lineMode,
  'rate.credits_on_lines': lineMode,
  'rate.package_count': totals.packageCount,
  'rate.graduated_total': totals.graduatedTotal,
  'rate.graduated_split': totals.graduatedSplit,
  'rate.volume_tier_lookup': totals.volumeTierLookup,
  'discount.usage': usageDiscount,
  'commitment.max_spend': commitments.maxSpend,
  'rerate.delta': rerateDelta,
  'rerate.incremental': rerateIncremental,
  'rerate.rounding': rerateRounding,
  'rate.graduated_ranges': graduatedRanges('unit_amount', '1'),
  'rate.graduated_percentage': graduatedRanges('rate_percent', '100'),
  'rate.volume_ranges': volumeRanges,
  'rate.package_free': totals.packageFree,
  'rate.percentage': percentage,
  'rate.percentage_min_max': percentageMinMax,
  'rate.prorated_graduated': proratedGraduated,
  'rate.standard': totals.standard,
  'rate.grouped': totals.grouped,
  'rate.dynamic_event_amount': totals.dynamicEventAmount,
  'commitment.proration': commitments.commitmentProration,
  'commitment.true_up': commitments.commitmentTrueUp,
  'commitment.charge_minimum_prorated': commitments.chargeMinimumProrated,
  'rate.graduated_bands': graduatedBands,
  'rate.volume_bands': volumeBands,
  'rate.token_cost': tokenCost,
  'rate.token_markup': totals.tokenMarkup,
  'credit.conversion': totals.creditConversion,
  'rate.blocks': blocks,
  'rate.capacity': commitments.capacity,
  'discount.coupon': later('coupons'),
  'wallet.allocation': later('wallets'),
  'credit.order': later('grants of credit and their order'),
  'credit.burndown': later('grants of credit and their burning'),
  'credit.reset': later('grants of credit and their resets'),
  'reservation.lifecycle': later('reservations'),
  'reservation.concurrent': later('reservations'),
}
