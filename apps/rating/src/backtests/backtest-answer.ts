import type { Backtest, BacktestAnswer } from '@portitor/contracts'
import { ProblemException } from '@portitor/service'
import type { Summary } from './backtest-results.store.ts'
import type { StoredBacktest } from './backtests.store.ts'

const daysMax = 400

/** What is wrong with a request beyond its schema. */
export function problemOf({ from, to, assume, plan }: Backtest): ProblemException | undefined {
  const spanMs = Date.parse(to) - Date.parse(from)
  if (spanMs <= 0 || spanMs > daysMax * 86_400_000)
    return new ProblemException(400, 'backtest.range_invalid', `to: a time after from, by ${daysMax} days at most`, {
      field: 'to',
    })
  if (assume === 'all' && plan === undefined)
    return new ProblemException(400, 'backtest.no_plan', 'plan: what all are taken to be subscribed to', {
      field: 'plan',
    })
  return undefined
}

export function answerOf(backtest: StoredBacktest, summary: Summary): BacktestAnswer {
  const { expected, looked, ...found } = summary
  return {
    id: backtest.backtest_id,
    ...backtest.asked,
    revisions: backtest.revisions,
    basis: 'usage',
    status: backtest.status,
    error: backtest.error,
    progress: backtest.status === 'done' ? 1 : progressOf(backtest, expected, looked),
    ...found,
    created_at: backtest.created_at.toISOString(),
    finished_at: backtest.finished_at?.toISOString() ?? null,
  }
}

/** 1 is said of what is done, and of nothing else. */
function progressOf({ planned, in_hand: inHand, status }: StoredBacktest, expected: number, looked: number): number {
  if (!planned || expected === 0) return 0
  const inHandNow = status === 'running' ? Number(inHand) : 0
  return Math.min(Math.floor(((looked + inHandNow) / expected) * 1_000) / 1_000, 0.999)
}
