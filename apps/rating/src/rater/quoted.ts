/** Names longer than this are not remembered: it bounds the memory that customers' names can take. */
const CHARACTERS_MAX = 128
const QUOTED_MAX = 10_000
const quotedTexts = new Map<string, string>()

/** A name as JSON. Names repeat (models, charges, agents), so each is put into JSON once. */
export function quoted(name: string): string {
  let text = quotedTexts.get(name)
  if (text === undefined) {
    text = JSON.stringify(name)
    if (name.length > CHARACTERS_MAX) return text
    if (quotedTexts.size >= QUOTED_MAX) quotedTexts.clear()
    quotedTexts.set(name, text)
  }
  return text
}
