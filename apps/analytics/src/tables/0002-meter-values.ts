import type { TableMigration } from '@portitor/clickhouse'

const quantity = 'Decimal(38, 9)'
const dimensions = 'org_id, team, user_id, agent_id, workflow, cost_center, provider, model, region, status'.split(', ')
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
const asTheyAre = ['workspace_id', 'time', 'source', 'id', 'type', ...dimensions, 'latency_ms', 'currency']

/** What the meters of different values count (M-3): the event's value by meter. Empty in nearly every row, which costs next to nothing. */
const column = `
alter table rated_usages add column if not exists meter_values Map(LowCardinality(String), String) after other_quantities`

const record = `
alter table usage_rated modify column record Tuple(events Array(Tuple(
  workspace_id UUID, time DateTime64(3, 'UTC'), source String, id String, type String,
  org_id String, team String, user_id String, agent_id String, workflow String, cost_center String,
  provider String, model String, region String, status String,
  latency_ms Nullable(Float64), quantities Map(String, ${quantity}), values Map(String, String),
  currency String, price_nanos Nullable(Decimal(38, 0)), cost_nanos Nullable(Decimal(38, 0))
)))`

const view = `
alter table usage_rated_to_rated_usages modify query
select block, log_partition, producer, sequence,
  ${asTheyAre.map((name) => `e.${name} as ${name}`).join(', ')},
  ${meters.map((meter) => `e.quantities['${meter}'] as ${meter}`).join(', ')},
  mapFilter((meter, quantity) -> meter not in (${listed}), e.quantities) as other_quantities,
  e.values as meter_values,
  toInt64(e.price_nanos) as price_nanos, toInt64(e.cost_nanos) as cost_nanos
from usage_rated array join record.events as e`

/**
 * Nothing is dropped and made anew: between a table and its view an insert of another process would be taken and lost. Each
 * step is one change, and inserts go on before and after it.
 */
export const meterValuesTables: TableMigration = {
  number: 2,
  name: 'MeterValues',
  statements: [column, record, view],
}
