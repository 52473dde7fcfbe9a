/** A row after a change, beside the one before it: messages and the audit log tell of both. */
export function rowWith<Row extends object>(row: Row, changes: Partial<Row>): Row {
  return Object.assign(Object.create(Object.getPrototypeOf(row) as object) as Row, row, changes)
}
