import type { TableMigration } from '@portitor/clickhouse'

const label = 'LowCardinality(String)'
const quantity = 'Decimal(38, 9)'
const dimensions = 'org_id, team, user_id, agent_id, workflow, cost_center, provider, model, region, status'
const meters = [
  'requests',
  'input_tokens',
  'cached_input_tokens',
  'cache_write_input_tokens',
  'audio_input_tokens',
  'image_input_tokens',
  'output_tokens',
  'reasoning_tokens',
  'audio_output_tokens',
]
const listed = meters.map((meter) => `'${meter}'`).join(', ')
const place = 'workspace_id, time, source, id, type, revision, reverses, period, billed_in, subscription_id'
const asTheyAre = `${place}, ${dimensions}, latency_ms, attributes, facts, currency`.split(', ')

/**
 * What prices an event again (R-8) and no query of usage asks for. `zero_meters`: those with a column of their own that the
 * event has at zero, which an event without them does not say.
 */
const columns = `
alter table rated_usages
  add column if not exists attributes Map(${label}, String) after meter_values,
  add column if not exists facts Map(${label}, String) after attributes,
  add column if not exists zero_meters Array(${label}) after facts`

const record = `
alter table usage_rated modify column record Tuple(events Array(Tuple(
  workspace_id UUID, time DateTime64(3, 'UTC'), source String, id String, type String,
  revision UInt32, reverses Bool, period String, billed_in String, subscription_id String,
  org_id String, team String, user_id String, agent_id String, workflow String, cost_center String,
  provider String, model String, region String, status String,
  latency_ms Nullable(Float64), quantities Map(String, ${quantity}), values Map(String, String),
  attributes Map(String, String), facts Map(String, String),
  currency String, price_nanos Nullable(Decimal(38, 0)), cost_nanos Nullable(Decimal(38, 0))
)))`

const view = `
alter table usage_rated_to_rated_usages modify query
select block, log_partition, producer, sequence,
  ${asTheyAre.map((name) => `e.${name} as ${name}`).join(', ')},
  ${meters.map((meter) => `e.quantities['${meter}'] as ${meter}`).join(', ')},
  mapFilter((meter, quantity) -> meter not in (${listed}), e.quantities) as other_quantities,
  mapKeys(mapFilter((meter, quantity) -> meter in (${listed}) and quantity = 0, e.quantities)) as zero_meters,
  e.values as meter_values,
  toInt64(e.price_nanos) as price_nanos, toInt64(e.cost_nanos) as cost_nanos
from usage_rated array join record.events as e`

export const factsTables: TableMigration = { number: 4, name: 'Facts', statements: [columns, record, view] }
