const symbols: Readonly<Record<string, string>> = {
  USD: '$',
  EUR: '€',
  GBP: '£',
  JPY: '¥',
  CNY: 'CN¥',
  INR: '₹',
  KRW: '₩',
  BRL: 'R$',
  CAD: 'CA$',
  AUD: 'A$',
  ILS: '₪',
  VND: '₫',
}

/** Currencies whose smallest coin is not a hundredth (ISO 4217). */
const minorDigitsOther: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0]),
  ),
  ...Object.fromEntries('BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3])),
  CLF: 4,
  UYW: 4,
}

/** What stands before an amount: `$`, or the code and a no-break space where a currency has no sign of its own. */
export function currencySymbol(currency: string): string {
  return symbols[currency] ?? `${currency}\u00a0`
}

/** Digits after the point on an invoice in this currency: 2 unless ISO 4217 says otherwise. Amounts keep 9 whatever it is. */
export function minorDigits(currency: string): number {
  return minorDigitsOther[currency] ?? 2
}
