import type { Vector } from './vector.ts'

const flatTiers = [
  { up_to: '2', unit_amount: '1', flat_amount: '10' },
  { up_to: null, unit_amount: '3', flat_amount: '20' },
]
const line = (price: object, line_mode: string, usage: [string, string], more: object = {}): object => ({
  price,
  line_mode,
  usage: { line: usage[0], pre_line: usage[1] },
  previously_billed: '0',
  currency: 'USD',
  ...more,
})
const perThousand = { op: 'divide', factor: '1000', rounding: 'ceiling', enabled: true }

/** Cases of our own, computed by hand: what the rules say where the public vectors may not be at hand. */
export const ownVectors: readonly (readonly [title: string, category: string, input: object, expected: object])[] = [
  ['a unit line', 'rate.unit', line({ model: 'unit', unit_amount: '0.015' }, 'single', ['1', '0']), { total: '0.02' }],
  [
    'a cap counts what was billed before',
    'rate.unit',
    line({ model: 'unit', unit_amount: '1', max_spend: '10' }, 'mid', ['5', '7'], { previously_billed: '7' }),
    { total: '3' },
  ],
  [
    'a minimum closes the period',
    'rate.package',
    line({ model: 'package', package_size: '4', package_amount: '3', min_spend: '20' }, 'last', ['1', '4']),
    { total: '20' },
  ],
  [
    'a later part opens only what is new',
    'rate.package',
    line({ model: 'package', package_size: '4', package_amount: '3' }, 'mid', ['3', '1']),
    { total: '0', lines: [] },
  ],
  [
    'the first flat amount is owed at zero usage',
    'rate.tiered_graduated',
    line({ model: 'tiered_graduated', tiers: flatTiers }, 'single', ['0', '0']),
    { total: '10' },
  ],
  [
    'a part enters the second tier',
    'rate.tiered_graduated',
    line({ model: 'tiered_graduated', tiers: flatTiers }, 'last', ['2', '1']),
    { total: '24' },
  ],
  [
    'volume prices the whole, at the end only',
    'rate.tiered_volume',
    line({ model: 'tiered_volume', tiers: flatTiers }, 'last', ['2', '1']),
    { total: '29' },
  ],
  [
    'volume waits',
    'rate.tiered_volume',
    line({ model: 'tiered_volume', tiers: flatTiers }, 'mid', ['2', '1']),
    { total: '0' },
  ],
  [
    'half off',
    'rate.unit',
    line({ model: 'unit', unit_amount: '3' }, 'single', ['5', '0'], { percentage_discount: '50' }),
    { total: '7.5' },
  ],
  [
    'free units',
    'rate.unit',
    line({ model: 'unit', unit_amount: '3' }, 'mid', ['5', '3'], { usage_discount: '4' }),
    { total: '12' },
  ],
  [
    'a fee in arrears',
    'rate.flat',
    line({ model: 'flat', amount: '9', payment_term: 'in_arrears' }, 'mid', ['0', '0']),
    { total: '0' },
  ],
  [
    'a volume tier falls back',
    'rerate.delta',
    {
      price: {
        model: 'tiered_volume',
        tiers: [
          { up_to: '2', unit_amount: '3' },
          { up_to: null, unit_amount: '1' },
        ],
      },
      phases: [
        { cumulative_qty: '3', final: false },
        { cumulative_qty: '1', final: true },
      ],
    },
    {
      phases: [
        { totals: { total: '3' } },
        {
          totals: { total: '0' },
          lines: [
            { component: 'volume_unit', unit: '3', qty: '1', is_correction: false, totals: { total: '3' } },
            { component: 'volume_unit', unit: '1', qty: '-3', is_correction: true, totals: { total: '-3' } },
          ],
        },
      ],
    },
  ],
  [
    'blocks fill tier by tier',
    'rate.blocks',
    {
      tier_policy: 'ALL_TIERS',
      quantity: '21',
      blocks: [
        { size: '10', max_blocks: 1, block_price: '2' },
        { size: '5', max_blocks: -1, block_price: '1' },
      ],
    },
    { tier_amounts: ['2', '3'], amount: '5' },
  ],
  [
    'bands round up to billing units',
    'rate.graduated_bands',
    {
      tiers: [
        { up_to: '20', unit_amount: '2' },
        { up_to: null, unit_amount: '1' },
      ],
      quantity: '21',
      billing_units: '10',
      allow_negative: false,
    },
    { amount: '5' },
  ],
  [
    'an allowance shifts the bands',
    'rate.volume_bands',
    {
      tiers: [
        { up_to: '10', unit_amount: '2' },
        { up_to: null, unit_amount: '1' },
      ],
      quantity: '15',
      billing_units: '1',
      allow_negative: false,
      allowance: '5',
    },
    { amount: '30' },
  ],
  [
    'a percentage above its free value',
    'rate.percentage_min_max',
    { events: ['50', '100'], rate_percent: '10', fixed_amount: '1', free_units: '60', per_event_max: '8' },
    { amount: '8' },
  ],
  [
    'seats prorated',
    'rate.prorated_graduated',
    {
      ranges: [
        { from: '0', to: '1', unit_amount: '10' },
        { from: '2', to: null, unit_amount: '6' },
      ],
      events: [{ units: '2', prorated_units: '1' }],
    },
    { amount: '8', round_2: 'half_up' },
  ],
  [
    'a commitment in cents',
    'commitment.proration',
    { commitment_cents: '1000', billed_days: 1, period_days: 3 },
    { commitment_cents: '333' },
  ],
  [
    'a conversion of a whole period',
    'rate.unit_conversion',
    line({ model: 'unit', unit_amount: '10' }, 'single', ['1001', '0'], { unit_config: perThousand }),
    { total: '20' },
  ],
]

/** Where another system has another rule: its expectation, and what our reason speaks of. */
export const deliberateDifferences: readonly (readonly [
  title: string,
  category: string,
  input: object,
  theirs: object,
  reason: RegExp,
])[] = [
  [
    'a flat amount that is documented and not charged',
    'rate.graduated_bands',
    { tiers: [{ up_to: null, unit_amount: '1', flat_amount: '7' }], quantity: '3', billing_units: '1' },
    { amount: '3' },
    /flat amount/,
  ],
  [
    'units beyond the last block',
    'rate.blocks',
    { tier_policy: 'ALL_TIERS', quantity: '9', blocks: [{ size: '1', max_blocks: 4, block_price: '2' }] },
    { tier_amounts: ['8'], amount: '8' },
    /silently free/,
  ],
  [
    'a fraction between whole ranges',
    'rate.graduated_ranges',
    {
      quantity: '10.5',
      ranges: [
        { from: '0', to: '10', unit_amount: '1' },
        { from: '11', to: null, unit_amount: '4' },
      ],
    },
    { amount: '10' },
    /decimals/,
  ],
  [
    'a band that audio reaches',
    'rate.token_cost',
    {
      rates_per_million: {
        input: '1',
        audio_input: '1',
        long_context: [{ over_input_tokens: '1000', input: '2', audio_input: '2' }],
      },
      tokens: { input: '900', audio_input: '200' },
      markup_percent: '0',
    },
    { amount: '0.0011', long_context_applied: false },
    /audio/,
  ],
  [
    'digits beyond the nano-unit',
    'rate.standard',
    { quantity: '1', unit_amount: '0.0000000014' },
    { amount: '0.0000000014' },
    /nano-units/,
  ],
]

export function vectorOf(category: string, input: unknown, expected: unknown): Vector {
  return { id: 'own', category, input, expected }
}

/** A part whose converted quantity is not what it adds to the whole: the dialect bills two packs, we bill one. */
export const convertedPart = (expected: string): Vector =>
  vectorOf(
    'rate.unit_conversion',
    line({ model: 'unit', unit_amount: '10' }, 'last', ['1300', '1400'], { unit_config: perThousand }),
    { total: expected },
  )
export const switchedOff: Vector = vectorOf(
  'rate.unit_conversion',
  line({ model: 'unit', unit_amount: '10' }, 'single', ['1', '0'], { unit_config: { ...perThousand, enabled: false } }),
  { error: 'the conversion is off' },
)
