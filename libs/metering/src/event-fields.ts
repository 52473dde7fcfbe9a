export type FieldKind = 'text' | 'count' | 'duration' | 'flag' | 'list' | 'object' | 'workspace'

const text = ['request_id', 'org_id', 'user_id', 'agent_id', 'team', 'workflow', 'cost_center', 'provider', 'model']
const moreText = ['model_version', 'region', 'status']
const input = ['cached_input_tokens', 'cache_write_input_tokens', 'audio_input_tokens', 'image_input_tokens']
const output = ['reasoning_tokens', 'audio_output_tokens']
const counts = ['input_tokens', ...input, 'output_tokens', ...output]

/** The fields of `data` that mean something to us (M-4) and what they may hold. Others are kept and not looked at. */
export const eventFields: ReadonlyMap<string, FieldKind> = new Map<string, FieldKind>([
  ...[...text, ...moreText].map((name): [string, FieldKind] => [name, 'text']),
  ...counts.map((name): [string, FieldKind] => [name, 'count']),
  ['latency_ms', 'duration'],
  ['stream', 'flag'],
  ['actor_chain', 'list'],
  ['metadata', 'object'],
  ['workspace_id', 'workspace'],
])

export const tokenFields: readonly string[] = counts

/** Characters of one attribute. */
export const attributeCharactersMax = 256
/** Principals in an actor chain. */
export const actorsMax = 16
