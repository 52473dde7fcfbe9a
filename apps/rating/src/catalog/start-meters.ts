import type { Meter } from '@portitor/contracts'

const dimensions = [
  'provider',
  'model',
  'region',
  'status',
  'org_id',
  'user_id',
  'agent_id',
  'team',
  'workflow',
  'cost_center',
]

/** A sum over the field of the meter's own name. */
function sumOf(event_type: string, name: string, unit: string, part_of?: string): Meter {
  return {
    name,
    unit,
    event_type,
    aggregation: 'sum',
    value: name,
    ...(part_of === undefined ? {} : { part_of }),
    dimensions,
  }
}
const tokens = (name: string, partOf?: string) => sumOf('tokens.consumed', name, 'token', partOf)
const resource = (name: string, unit: string) => sumOf('resource.used', name, unit)

/** The meters a new system begins with (M-3, M-12). A total stands before its parts. */
export const startMeters: readonly Meter[] = [
  tokens('input_tokens'),
  tokens('cached_input_tokens', 'input_tokens'),
  tokens('cache_write_input_tokens', 'input_tokens'),
  tokens('audio_input_tokens', 'input_tokens'),
  tokens('image_input_tokens', 'input_tokens'),
  tokens('output_tokens'),
  tokens('reasoning_tokens', 'output_tokens'),
  tokens('audio_output_tokens', 'output_tokens'),
  { name: 'requests', unit: 'request', event_type: 'call.completed', aggregation: 'count', dimensions },
  resource('gpu_seconds', 'second'),
  resource('storage_gb_hours', 'gigabyte-hour'),
  resource('vectors', 'vector'),
  resource('images', 'image'),
  resource('embeddings', 'embedding'),
  resource('audio_seconds', 'second'),
  {
    name: 'outcome:*',
    unit: 'outcome',
    event_type: 'outcome.achieved',
    aggregation: 'count',
    name_from: 'outcome',
    dimensions,
  },
]
