import { migration } from '@portitor/postgres'

/**
 * One event a row with its price leg and its cost leg. Unnesting in the list of columns hands each row on as it is made;
 * `from unnest(…)` would first store every column as a table of its own. A column that is NULL altogether is NULL in each row.
 */
const events = `
    select unnest(p_workspace_ids) as workspace_id, unnest(p_effective_at) as effective_at, unnest(p_sources) as source,
      unnest(p_event_ids) as event_id, unnest(p_agent_ids) as agent_id, unnest(p_user_ids) as user_id,
      unnest(p_workflows) as workflow, unnest(p_models) as model, unnest(p_providers) as provider, unnest(p_metadata) as metadata`
const priceLegs = `${events}, unnest(p_price_ids) as id, unnest(p_price_debits) as debit, unnest(p_price_credits) as credit,
      unnest(p_price_amounts) as amount, unnest(p_price_versions) as version, 'usage.price' as code, unnest(p_price_charges) as charge`
const costLegs = `${events}, unnest(p_cost_ids) as id, unnest(p_cost_debits) as debit, unnest(p_cost_credits) as credit,
      unnest(p_cost_amounts) as amount, unnest(p_cost_versions) as version, 'usage.cost' as code, null as charge`
/** A leg without an amount is no transfer. */
const legs = `(${priceLegs}
    union all ${costLegs}) as leg where leg.amount is not null`

const insert = `
    insert into ledger.transfers (workspace_id, id, debit_account, credit_account, amount_nanos, effective_at, recorded_at,
      price_version, code, currency, charge, source, event_id, agent_id, user_id, workflow, model, provider, metadata)
    select leg.workspace_id, leg.id, leg.debit, leg.credit, leg.amount, leg.effective_at, p_recorded_at,
      leg.version, leg.code, p_currency, leg.charge, leg.source, leg.event_id, leg.agent_id, leg.user_id, leg.workflow, leg.model,
      leg.provider, leg.metadata
    from ${legs}`

/** Moves balances by `delta`, making the accounts that are not there yet, in the order of their ids. */
const upsert = (delta: string) => `
    insert into ledger.accounts as a (workspace_id, id, currency, kind, debits_posted, credits_posted)
    select workspace_id, account, p_currency, kind, debits, credits from ${delta} as delta
    order by workspace_id, account
    on conflict (workspace_id, id) do update
      set debits_posted = a.debits_posted + excluded.debits_posted, credits_posted = a.credits_posted + excluded.credits_posted;`

/** The sums that came with the batch, one row an account, in the order in which accounts are locked. */
const given = `(
      select unnest(p_moved_workspaces) as workspace_id, unnest(p_moved_accounts) as account, unnest(p_moved_kinds) as kind,
        unnest(p_moved_debits)::numeric as debits, unnest(p_moved_credits)::numeric as credits)`

/**
 * L-3 as one call a batch. Nearly every batch is new, so it is inserted without a conflict clause, which is a third
 * faster, and the balances move by the sums that came with it. Where a transfer exists already, the whole is undone and
 * inserted again around what is there, and the balances move by what was really inserted.
 */
export const postUsageMigration = migration(
  2,
  'PostUsage',
  `
create function ledger.post_usage(
  p_recorded_at timestamptz, p_currency text,
  p_workspace_ids uuid[], p_effective_at timestamptz[], p_sources text[], p_event_ids text[],
  p_agent_ids text[], p_user_ids text[], p_workflows text[], p_models text[], p_providers text[], p_metadata json[],
  p_price_ids uuid[], p_price_debits bigint[], p_price_credits bigint[], p_price_amounts bigint[], p_price_versions int[], p_price_charges text[],
  p_cost_ids uuid[], p_cost_debits bigint[], p_cost_credits bigint[], p_cost_amounts bigint[], p_cost_versions int[],
  p_moved_workspaces uuid[], p_moved_accounts bigint[], p_moved_kinds text[], p_moved_debits text[], p_moved_credits text[]
-- A plan made while the table was empty must not stay a sequential scan, nor one be made anew for every batch.
) returns void language plpgsql set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
  v_differing record;
  v_moved int;
begin
  ${insert};
  begin
    -- An update is half the work of an insert that finds its row; only a batch with a new account needs the latter.
    update ledger.accounts a set debits_posted = a.debits_posted + d.debits, credits_posted = a.credits_posted + d.credits
    from ${given} d where a.workspace_id = d.workspace_id and a.id = d.account;
    get diagnostics v_moved = row_count;
    if v_moved <> cardinality(p_moved_accounts) then
      raise no_data_found;
    end if;
  exception when no_data_found then
    ${upsert(given)}
  end;
exception when unique_violation then
  with posted as (${insert}
    on conflict (workspace_id, id) do nothing
    returning workspace_id, debit_account, credit_account, amount_nanos
  ), moved as (
    select workspace_id, side.account, sum(side.debit) as debits, sum(side.credit) as credits
    from posted, lateral (values (debit_account, amount_nanos, 0::bigint), (credit_account, 0::bigint, amount_nanos)) as side(account, debit, credit)
    group by workspace_id, side.account
  ), kinds as (
    select distinct unnest(p_moved_accounts) as account, unnest(p_moved_kinds) as kind
  )
  ${upsert('(select workspace_id, account, kinds.kind, debits, credits from moved left join kinds using (account))')}
  -- A replay brings the same transfer again. The same id with other content is no replay and must not pass for one.
  select leg.source, leg.event_id, leg.code into v_differing
  from (select * from ${legs}) leg
    cross join lateral (select * from ledger.transfers t where t.workspace_id = leg.workspace_id and t.id = leg.id offset 0) t
  where (t.source, t.event_id, t.code, t.charge, t.currency, t.debit_account, t.credit_account, t.amount_nanos, t.price_version)
      is distinct from (leg.source, leg.event_id, leg.code, leg.charge, p_currency, leg.debit, leg.credit, leg.amount, leg.version)
  limit 1;
  if found then
    raise exception 'event % of % is posted already with another % transfer', v_differing.event_id, v_differing.source, v_differing.code
      using errcode = 'unique_violation';
  end if;
end $$;
revoke execute on function ledger.post_usage from public;
grant execute on function ledger.post_usage to portitor_service;
`,
)
