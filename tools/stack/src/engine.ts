export const engineNames = ['kafka', 'redis', 'postgres', 'clickhouse'] as const
export type EngineName = (typeof engineNames)[number]

/** A started engine on a loopback port of its own. Port and data stay the same over `kill` and `restart`. */
export interface Engine {
  readonly name: EngineName
  /** `postgres://…`, `redis://…`, `http://…`; for Kafka the broker list `host:port`. */
  readonly url: string
  /** What it is and where it comes from, for people. */
  readonly origin: string
  /** The running process; another one after `restart`. */
  readonly pid: number
  /** Ends it for good (asked politely, then SIGKILL after 10 s) and resolves when it is gone. Twice is harmless. */
  stop(): Promise<void>
  /**
   * Sends a signal to the engine with all its processes: a frozen Postgres (SIGSTOP) has no live back end left over,
   * a killed one leaves none behind. After SIGKILL it resolves when the engine is gone.
   */
  kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): Promise<void>
  /** Ends it at once and without waiting, for the moment in which this process itself ends. */
  abandon(): void
  /** Stops it where it still runs, starts it on the same port and data, and resolves when it answers again. */
  restart(): Promise<void>
}

/** Why an engine cannot be had here, in one line each. `packages` are Debian's that mend it. */
export interface Lack {
  readonly what: string
  readonly remedy: string
  readonly packages: readonly string[]
  /** What runs in its stead where it stays missing; without one the engine cannot be had. */
  readonly substitute?: string
}

/** What a recipe is given: where the engine keeps its files, and how it is tied to the life of its stack. */
export interface Place {
  readonly dir: string
  readonly log: (line: string) => void
  /** A new empty folder that every user can reach, removed with the stack. */
  scratch(): string
  /** Told of the engine as soon as it has a process, so that it is ended even when it never gets ready. */
  own(engine: Engine): void
  /** Aborted when the stack stops: nothing may be started any more. */
  readonly signal: AbortSignal
}

/** One way of running an engine on this machine. */
export interface Recipe {
  readonly name: EngineName
  lack(): Lack | undefined
  start(place: Place): Promise<Engine>
  startContainer(place: Place): Promise<Engine>
}
