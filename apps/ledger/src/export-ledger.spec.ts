import type { LedgerTransfer } from '@portitor/contracts'
import { exportFormats } from './export-ledger.ts'

const transfer: LedgerTransfer = {
  id: '018bcfe5-6800-8ea8-a1a6-3b1f0d2f5f8b',
  workspace_id: '0199c1d2-7b3a-7c4e-9d21-000000000001',
  code: 'usage.price',
  charge: 'tokens',
  debit_account: 'receivable:2023-11',
  credit_account: 'revenue:tokens:2023-11',
  amount_nanos: '9223372036854775807',
  currency: 'USD',
  price_version: 1,
  source: 'app, "quoted"',
  event_id: 'line\nbreak',
  effective_at: '2023-11-14T22:13:20.000Z',
  recorded_at: '2023-11-14T22:13:21.000Z',
  agent_id: '=HYPERLINK("x")',
  user_id: null,
  workflow: null,
  model: 'gpt-4o',
  provider: 'openai',
  metadata: { team: 'a' },
}

describe('exports', () => {
  it('L-8 writes RFC 4180 lines with every column of the head', () => {
    const { head, line } = exportFormats.csv
    expect(head.trim().split(',')).toEqual(Object.keys(transfer))
    expect(line(transfer)).toBe(
      '018bcfe5-6800-8ea8-a1a6-3b1f0d2f5f8b,0199c1d2-7b3a-7c4e-9d21-000000000001,usage.price,tokens,' +
        'receivable:2023-11,revenue:tokens:2023-11,9223372036854775807,USD,1,"app, ""quoted""","line\nbreak",' +
        '2023-11-14T22:13:20.000Z,2023-11-14T22:13:21.000Z,"\'=HYPERLINK(""x"")",,,gpt-4o,openai,"{""team"":""a""}"\r\n',
    )
  })

  it('L-8 writes JSON lines that are the transfers of the list', () => {
    expect(JSON.parse(exportFormats.ndjson.line(transfer))).toEqual(transfer)
    expect(exportFormats.ndjson.line(transfer).split('\n')).toHaveLength(2)
  })

  it('L-8 never lets a customer put a formula into the operator’s spreadsheet', () => {
    for (const start of ['=', '+', '-', '@', '\t', '\r']) {
      const cell = exportFormats.csv.line({ ...transfer, event_id: `${start}1` })
      expect(cell).toContain(`'${start}1`)
    }
  })
})
