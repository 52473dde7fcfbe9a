/** A command of the README, and what it is said to answer. */
export interface Example {
  /** The first sentence before it. */
  readonly title: string
  readonly command: string
  /** A part of the answer; `"…"` stands for any text. Undefined where nothing is shown. */
  readonly answer: unknown
}

/** The `sh` blocks of one chapter in their order, each with the `json` block that follows it. */
export function examplesOf(page: string, chapter: string): readonly Example[] {
  const text = (page.split(`\n## ${chapter}\n`)[1] ?? '').split('\n## ')[0]!
  const parts = [...text.matchAll(/([\s\S]*?)```(\w+)\n([\s\S]*?)```/g)].map(([, prose, language, block]) => ({
    title: prose!
      .trim()
      .split(/(?<=[.:?])\s/)[0]!
      .replace(/\s+/g, ' '),
    language: language!,
    block: block!,
  }))
  return parts.flatMap(({ title, language, block }, at) => {
    if (language !== 'sh') return []
    const next = parts[at + 1]
    return [
      {
        title: title === '' ? block.split('\n')[0]! : title,
        command: block,
        answer: next?.language === 'json' ? (JSON.parse(next.block) as unknown) : undefined,
      },
    ]
  })
}
