/** A usage event as it will be sent, but for its `subject`: the workspace is known by name until it is found or created. */
export interface WorkloadEvent {
  /** Name of the workspace that pays. */
  readonly workspace: string
  readonly id: string
  readonly source: string
  readonly type: string
  /** RFC 3339 with a zone. */
  readonly time: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Usage that is known beforehand and always the same: sending it again sends the same ids with the same payloads. */
export interface Workload {
  /** `source` of every event. */
  readonly source: string
  /** Names of the workspaces, each only once. */
  readonly workspaces: readonly string[]
  readonly eventsCount: number
  /** Times of the first and last event, in milliseconds since 1970. */
  readonly firstMs: number
  readonly lastMs: number
  /** The events in the order they are sent; may be asked for again and gives the same. */
  events(): Iterable<WorkloadEvent> | AsyncIterable<WorkloadEvent>
}
