/** The little of cli-progress that is used; the package has no types of its own. */
declare module 'cli-progress' {
  export interface SingleBar {
    start(total: number, value: number, payload: Record<string, string>): void
    increment(by: number, payload?: Record<string, string>): void
    update(payload: Record<string, string>): void
    stop(): void
  }
  interface Options {
    readonly format: string
    readonly stream: NodeJS.WritableStream
    readonly hideCursor: boolean
    readonly clearOnComplete: boolean
  }
  const cliProgress: { SingleBar: new (options: Options) => SingleBar }
  export default cliProgress
}
