import {
  compileTotal,
  type Component,
  componentsOf,
  exactSum,
  roundedTo,
  type Tier,
  type TotalPrice,
} from '@portitor/pricing'
import { type Answer, billionths, decimalOf, type Fields, VectorUnclear } from './vector.ts'

interface Block {
  readonly size: bigint
  /** Undefined: unlimited. */
  readonly max: bigint | undefined
  readonly price: string
}

/** Blocks as tiers of packages: ALL_TIERS fills each, TOP_TIER prices everything by the one that holds the total. */
export function blockPrice(policy: string, list: readonly Fields[]): TotalPrice {
  return priceOfBlocks(policy, list.map(blockOf))
}

export function blocks(input: Fields): Answer {
  const policy = input.text('tier_policy')
  const list = input.list('blocks').map(blockOf)
  const quantity = billionths(input.text('quantity'))
  input.done()
  const model = compileTotal(priceOfBlocks(policy, list), 'price')
  const actual = amountsOf(componentsOf(model, quantity))
  const held = heldBy(list)
  if (policy !== 'ALL_TIERS' || held === undefined || quantity <= held) return { actual }
  return {
    actual,
    exception: {
      reason: 'units beyond the last block of ALL_TIERS are priced by it: nothing is silently free (R-4)',
      dialect: amountsOf(componentsOf(model, held)),
    },
  }
}

function amountsOf(parts: readonly Component[]): object {
  return {
    tier_amounts: parts.map((part) => decimalOf(roundedTo(1n, exactSum([part])))),
    amount: decimalOf(roundedTo(1n, exactSum(parts))),
  }
}

function priceOfBlocks(policy: string, list: readonly Block[]): TotalPrice {
  let end = 0n
  const tiers = list.map(({ size, max, price }, index): Tier => {
    if (max === undefined && index < list.length - 1)
      throw new RangeError(`blocks.${index}.max_blocks: only the last is unlimited`)
    end += size * (max ?? 0n)
    return { up_to: index === list.length - 1 ? null : decimalOf(end), rate: price, package_size: decimalOf(size) }
  })
  if (policy === 'ALL_TIERS') return { model: 'graduated', per: '1', tiers }
  if (policy === 'TOP_TIER') return { model: 'volume', per: '1', tiers }
  throw new VectorUnclear(`input.tier_policy: ${policy} is unknown`)
}

function blockOf(fields: Fields): Block {
  const max = fields.whole('max_blocks')
  const block = {
    size: billionths(fields.text('size')),
    max: max === -1 ? undefined : BigInt(max),
    price: fields.text('block_price'),
  }
  fields.optional('unit')
  fields.done()
  return block
}

/** The quantity that bounded blocks hold; undefined where they are not bounded. */
function heldBy(list: readonly Block[]): bigint | undefined {
  let sum = 0n
  for (const { size, max } of list) {
    if (max === undefined) return undefined
    sum += size * max
  }
  return sum
}
