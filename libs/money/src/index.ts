export { MoneyOverflow, checkInt8, formatNanos, nanosPerUnit, parseNanos, sum } from './amount.ts'
export { currencySymbol, minorDigits } from './currency.ts'
export { formatAmount, groupThousands } from './format.ts'
export { formatQuantity, oneUnit, parseQuantity, quantityOfInteger } from './quantity.ts'
export {
  add,
  divideBy,
  formatRate,
  leastCommonMultiple,
  multiply,
  parseRate,
  rational,
  rationalFromNumber,
  type Rational,
} from './rational.ts'
export { amountOf, multiplyRoundHalfEven, roundBy, roundHalfEven, type RoundingMode } from './rounding.ts'
