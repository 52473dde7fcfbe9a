import { migration } from '@portitor/postgres'

/**
 * The log tables. `log` names who writes: `log` for the embedded bus, where these tables are the topics, and the service's
 * name where a relay carries them on to Kafka. Offsets are gapless per (log, topic, partition): a head row is locked,
 * never a sequence, because sequences are taken at insert and seen at commit.
 */
export const busMigrations = [
  migration(
    1,
    'Log',
    `
create table bus.heads (
  log text collate "C" not null,
  topic text collate "C" not null,
  partition int not null,
  next_offset bigint not null,
  primary key (log, topic, partition)
) with (fillfactor = 40);

create table bus.records (
  log text collate "C" not null,
  topic text collate "C" not null,
  partition int not null,
  record_offset bigint not null,
  key text collate "C",
  headers text not null,
  value bytea,
  -- Whether value is zstd: a large record of JSON packs to a tenth, which is that much less to write, log, read and remove.
  packed boolean not null,
  appended_at timestamptz not null,
  primary key (log, topic, partition, record_offset)
);
-- Records are read once and trimmed: compressing them costs more than the bytes.
alter table bus.records alter column value set storage external;

create table bus.positions (
  consumer text collate "C" not null,
  topic text collate "C" not null,
  partition int not null,
  next_offset bigint not null,
  sequences jsonb not null default '{}',
  updated_at timestamptz not null default now(),
  primary key (consumer, topic, partition)
) with (fillfactor = 40);

grant select, insert, update on bus.heads, bus.positions to portitor_service;
grant select, insert, delete on bus.records to portitor_service;

-- Heads are locked in sorted order (no deadlock between writers) and stay locked until the caller commits, which is why
-- publishing is the last statement of a transaction. Each statement has a snapshot of its own, so what is read after the
-- lock is what the last holder committed.
create function bus.append(p_log text, p_topics text[], p_partitions int[], p_keys text[], p_headers text[], p_values bytea[], p_packed boolean[])
returns table (topic text, partition int, first_offset bigint)
-- A writer that cannot get a head gives up rather than hold its connection: nothing is promised then (M-11).
language plpgsql set lock_timeout = '8s' as $$
#variable_conflict use_column
declare
  v_head record;
begin
  insert into bus.heads (log, topic, partition, next_offset)
  select distinct p_log, t, p, 0::bigint from unnest(p_topics, p_partitions) u(t, p)
  where not exists (select from bus.heads h where h.log = p_log and h.topic = t and h.partition = p)
  order by 2, 3
  on conflict do nothing;
  for v_head in
    select h.topic, h.partition, h.next_offset from bus.heads h
    where h.log = p_log and (h.topic, h.partition) in (select t, p from unnest(p_topics, p_partitions) u(t, p))
    order by h.topic, h.partition for no key update
  loop
    insert into bus.records (log, topic, partition, record_offset, key, headers, value, packed, appended_at)
    select p_log, v_head.topic, v_head.partition, v_head.next_offset - 1 + row_number() over (order by n), k, h, v, z, clock_timestamp()
    from unnest(p_topics, p_partitions, p_keys, p_headers, p_values, p_packed) with ordinality u(t, p, k, h, v, z, n)
    where t = v_head.topic and p = v_head.partition;
    update bus.heads set next_offset = next_offset + (
      select count(*) from unnest(p_topics, p_partitions) u(t, p) where t = v_head.topic and p = v_head.partition
    ) where log = p_log and topic = v_head.topic and partition = v_head.partition;
    topic := v_head.topic;
    partition := v_head.partition;
    first_offset := v_head.next_offset;
    return next;
  end loop;
  perform pg_notify('portitor_log', '');
end $$;
grant execute on function bus.append to portitor_service;
`,
  ),
]
