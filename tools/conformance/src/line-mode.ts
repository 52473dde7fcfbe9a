import { creditLines } from '@portitor/pricing'
import { converterOf, linePriceOf, linesOfPart, type Part, writtenLines } from './invoice-lines.ts'
import { type Answer, billionths, decimalOf, type Exception, type Fields, VectorUnclear } from './vector.ts'

/**
 * One line, or one part of a period. We convert the cumulative quantity and subtract; the dialect converts the part by
 * itself. Where that gives another bill, ours is a deliberate difference.
 */
export function lineMode(input: Fields): Answer {
  const price = linePriceOf(input.fields('price'))
  const mode = modeOf(input.text('line_mode'))
  const { line, before } = usageOf(input)
  const billed = billionths(input.text('previously_billed', '0'))
  const percentOff = input.optional('percentage_discount')
  const freeUnits = billionths(input.text('usage_discount', '0'))
  const credits = input.texts('credits_to_apply').map(billionths)
  const converter = input.has('unit_config') ? converterOf(input.fields('unit_config')) : undefined
  input.optional('currency')
  input.done()

  const bill = (start: bigint, own: bigint): unknown => {
    const used = afterFree({ before: start, own, free: freeUnits })
    const part: Part = { mode, ...used, billed, percentOff }
    const credited = creditLines(linesOfPart(price, part), credits)
    if (credited.left > 0n)
      throw new RangeError('credits_to_apply: more than the lines come to, and nobody may lose it')
    return writtenLines(credited.lines)
  }
  if (converter === undefined) return { actual: bill(before, line) }
  const start = converter(before)
  return {
    actual: bill(start, converter(before + line) - start),
    exception: partsConverted(() => bill(start, converter(line))),
  }
}

/** Free units are used up by what came before the part first. */
export function usageDiscount(input: Fields): Answer {
  const own = billionths(input.text('quantity'))
  const before = billionths(input.text('pre_line_quantity', '0'))
  const used = afterFree({ before, own, free: billionths(input.text('usage_discount')) })
  input.done()
  return {
    actual: {
      quantity: decimalOf(used.own),
      pre_line_quantity: decimalOf(used.before),
      applied_to_line: decimalOf(own - used.own),
    },
  }
}

function afterFree({ before, own, free }: { before: bigint; own: bigint; free: bigint }): {
  before: bigint
  own: bigint
} {
  const after = (quantity: bigint): bigint => (quantity > free ? quantity - free : 0n)
  return { before: after(before), own: after(before + own) - after(before) }
}

function partsConverted(dialect: () => unknown): Exception {
  return {
    reason:
      'a conversion with rounding is applied to the cumulative quantity, so that the parts of a period add up to the whole; the dialect converts each part by itself',
    dialect: dialect(),
  }
}

/** A fee has no usage. */
function usageOf(input: Fields): { line: bigint; before: bigint } {
  if (!input.has('usage')) return { line: 0n, before: 0n }
  const usage = input.fields('usage')
  const quantities = { line: billionths(usage.text('line', '0')), before: billionths(usage.text('pre_line', '0')) }
  usage.done()
  return quantities
}

function modeOf(text: string): Part['mode'] {
  if (text === 'single' || text === 'mid' || text === 'last') return text
  throw new VectorUnclear(`input.line_mode: ${text} is unknown`)
}
