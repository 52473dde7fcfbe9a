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
const asTheyAre = ['workspace_id', 'time', 'source', 'id', 'type', ...dimensions.split(', '), 'latency_ms', 'currency']

/**
 * A row with a revision is half of a correction (R-9): its amounts count, and it is no event. Where an event is billed stands
 * with it; empty where that is the calendar month of its time, and nothing else.
 */
const columns = `
alter table rated_usages
  add column if not exists revision UInt32 after type,
  add column if not exists reverses Bool after revision,
  add column if not exists period ${label} after reverses,
  add column if not exists billed_in ${label} after period,
  add column if not exists subscription_id ${label} after billed_in`

/** `count()` of rows is kept, because reconciliation has to see a currency that has corrections alone. */
const money = 'count(), countIf(revision = 0), sum(toInt128(price_nanos)), sum(toInt128(cost_nanos))'
const sums = `${money}, ${meters.map((meter) => `sum(${meter})`).join(', ')}, sumMap(other_quantities)`
const rollupKeys = (window: string) => `workspace_id, ${window}(time, 'UTC'), currency, ${dimensions}`
const rollup = (name: string, keys: string, summed: string) =>
  `alter table rated_usages add projection if not exists ${name} (select ${keys}, ${summed} group by ${keys})`

/**
 * Rollups that know first ratings from corrections, under names of their own, so that no part holds an old one for a new one.
 * Parts of before are given them in the background; until then they are read row by row, and the answer is the same. Nothing here waits for that, as a start must not.
 */
const rollups = [
  rollup('hourly_sums', rollupKeys('toStartOfHour'), sums),
  rollup('daily_sums', rollupKeys('toStartOfDay'), sums),
  rollup('record_sums', 'log_partition, block, sequence, currency', money),
  ...['hourly_sums', 'daily_sums', 'record_sums'].map(
    (name) => `alter table rated_usages materialize projection ${name}`,
  ),
  ...['hourly', 'daily', 'records'].map(
    (name) => `alter table rated_usages drop projection if exists ${name} settings alter_sync = 0`,
  ),
]

const record = `
alter table usage_rated modify column record Tuple(events Array(Tuple(
  workspace_id UUID, time DateTime64(3, 'UTC'), source String, id String, type String,
  revision UInt32, reverses Bool, period String, billed_in String, subscription_id String,
  org_id String, team String, user_id String, agent_id String, workflow String, cost_center String,
  provider String, model String, region String, status String,
  latency_ms Nullable(Float64), quantities Map(String, ${quantity}), values Map(String, String),
  currency String, price_nanos Nullable(Decimal(38, 0)), cost_nanos Nullable(Decimal(38, 0))
)))`

const view = `
alter table usage_rated_to_rated_usages modify query
select block, log_partition, producer, sequence,
  ${[...asTheyAre, 'revision', 'reverses', 'period', 'billed_in', 'subscription_id'].map((name) => `e.${name} as ${name}`).join(', ')},
  ${meters.map((meter) => `e.quantities['${meter}'] as ${meter}`).join(', ')},
  mapFilter((meter, quantity) -> meter not in (${listed}), e.quantities) as other_quantities,
  e.values as meter_values,
  toInt64(e.price_nanos) as price_nanos, toInt64(e.cost_nanos) as cost_nanos
from usage_rated array join record.events as e`

export const correctionsTables: TableMigration = {
  number: 3,
  name: 'Corrections',
  statements: [columns, ...rollups, record, view],
}
