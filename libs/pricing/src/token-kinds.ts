/** Token totals and the parts they include (M-12). */
const partsByTotal: Readonly<Record<string, readonly string[]>> = {
  input_tokens: ['cached_input_tokens', 'cache_write_input_tokens', 'audio_input_tokens', 'image_input_tokens'],
  output_tokens: ['reasoning_tokens', 'audio_output_tokens'],
}
const parts = new Map(Object.entries(partsByTotal))
const totals = new Map([...parts].flatMap(([total, names]) => names.map((name) => [name, total] as const)))
const none: readonly string[] = []

/** The meters whose quantities are included in this one's. */
export function partsOf(meter: string): readonly string[] {
  return parts.get(meter) ?? none
}

/** The meter whose quantity includes this one's, if it is a part. */
export function totalOf(meter: string): string | undefined {
  return totals.get(meter)
}
