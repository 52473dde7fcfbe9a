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
const money = 'count(), sum(toInt128(price_nanos)), sum(toInt128(cost_nanos))'
const sums = `${money}, ${meters.map((meter) => `sum(${meter})`).join(', ')}, sumMap(other_quantities)`

/** A rollup that lives in the parts of the table: written, merged, deleted and made durable together with their rows. */
const rollup = (name: string, keys: string, columns: string) =>
  `projection ${name} (select ${keys}, ${columns} group by ${keys})`
const rollupKeys = (window: string) => `workspace_id, ${window}(time, 'UTC'), currency, ${dimensions}`

/** One row an event. The README says why the rollups are projections and why nothing is replaced. */
const ratedUsages = `
create table if not exists rated_usages (
  block UUID,
  log_partition UInt16,
  producer ${label},
  sequence UInt64,
  workspace_id UUID,
  time DateTime64(3, 'UTC'),
  source String,
  id String,
  type ${label},
  org_id ${label}, team ${label}, user_id String, agent_id String, workflow ${label}, cost_center ${label},
  provider ${label}, model ${label}, region ${label}, status ${label},
  latency_ms Nullable(Float64),
  ${meters.map((meter) => `${meter} ${quantity}`).join(', ')},
  other_quantities Map(${label}, ${quantity}),
  currency ${label},
  price_nanos Int64,
  cost_nanos Int64,
  constraint named check workspace_id != toUUID('00000000-0000-0000-0000-000000000000') and id != '' and source != '',
  constraint dated check time >= toDateTime64('2000-01-01 00:00:00', 3, 'UTC'),
  constraint priced check length(currency) = 3,
  ${rollup('hourly', rollupKeys('toStartOfHour'), sums)},
  ${rollup('daily', rollupKeys('toStartOfDay'), sums)},
  ${rollup('records', 'log_partition, block, sequence, currency', money)}
)
engine = MergeTree
partition by toYYYYMM(time, 'UTC')
order by (workspace_id, time)
settings non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1`

/** A record of `portitor.usage.rated.v1` as it is, with where it stood: nothing is kept here, the view takes it apart. */
const usageRated = `
create table if not exists usage_rated (
  block UUID,
  log_partition UInt16,
  producer String,
  sequence UInt64,
  record Tuple(events Array(Tuple(
    workspace_id UUID, time DateTime64(3, 'UTC'), source String, id String, type String,
    org_id String, team String, user_id String, agent_id String, workflow String, cost_center String,
    provider String, model String, region String, status String,
    latency_ms Nullable(Float64), quantities Map(String, ${quantity}),
    currency String, price_nanos Nullable(Decimal(38, 0)), cost_nanos Nullable(Decimal(38, 0))
  ))),
  constraint filled check notEmpty(record.events)
) engine = Null`

/** Decimals on the way, because text beyond Int64 would wrap silently; and null, so that a missing amount is not zero. */
const view = `
create materialized view if not exists usage_rated_to_rated_usages to rated_usages as
select block, log_partition, producer, sequence,
  ${['workspace_id', 'time', 'source', 'id', 'type', ...dimensions.split(', '), 'latency_ms', 'currency'].map((name) => `e.${name} as ${name}`).join(', ')},
  ${meters.map((meter) => `e.quantities['${meter}'] as ${meter}`).join(', ')},
  mapFilter((meter, quantity) -> meter not in (${listed}), e.quantities) as other_quantities,
  toInt64(e.price_nanos) as price_nanos, toInt64(e.cost_nanos) as cost_nanos
from usage_rated array join record.events as e`

export const ratedUsagesTables: TableMigration = {
  number: 1,
  name: 'RatedUsages',
  statements: [ratedUsages, usageRated, view],
}
