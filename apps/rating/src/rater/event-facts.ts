import { readQuantity } from '@portitor/metering'

/** What prices by event look at beside the quantities (M-3): what an outcome is worth, how good it is, whether it counts. */
export interface EventFacts {
  /** In 10⁻⁹ units, which are nano-units of the price's currency. */
  readonly value?: bigint
  readonly quality?: bigint
  /** False where the event says that it was no success. */
  readonly qualified?: false
  /** When the customer disputed it. */
  readonly disputedAtMs?: number
  /** A field that says something, and nothing that can be read. */
  readonly malformed?: 'value' | 'quality'
}

const none: EventFacts = {}

/** Reads `data.value`, `data.quality` and `data.success` of an event; what is malformed is refused by whatever has to price it. */
export function factsOf(data: Readonly<Record<string, unknown>>): EventFacts {
  const { value, quality, success } = data
  if (value === undefined && quality === undefined && success === undefined) return none
  const [worth, grade] = [readOptional(value), readOptional(quality)]
  return {
    ...(worth === undefined ? {} : { value: worth }),
    ...(grade === undefined ? {} : { quality: grade }),
    ...(success === false ? { qualified: false as const } : {}),
    ...malformed(value, worth, 'value'),
    ...malformed(quality, grade, 'quality'),
  }
}

function readOptional(said: unknown): bigint | undefined {
  return said === undefined || said === null ? undefined : readQuantity(said)
}

function malformed(said: unknown, read: bigint | undefined, field: 'value' | 'quality'): Pick<EventFacts, 'malformed'> {
  return said !== undefined && said !== null && read === undefined ? { malformed: field } : {}
}
