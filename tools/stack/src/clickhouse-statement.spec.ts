import { toStatement } from './clickhouse-statement.ts'

const statement = (query: string, body = '') => toStatement(new URLSearchParams(query), body)

describe('a ClickHouse HTTP request as statements', () => {
  it('O-1 takes the statement from the body, or from query with the rows in the body', () => {
    expect(statement('', 'select 1').sql).toBe('select 1')
    expect(statement('query=insert+into+t+format+CSV', '1\n2').sql).toBe('insert into t format CSV\n1\n2')
  })

  it('O-1 makes settings of the other parameters and keeps what only HTTP knows from the engine', () => {
    expect(statement('query_id=x&wait_end_of_query=1&max_threads=1&query=select+1').sql).toBe(
      "SET max_threads = '1';\nselect 1",
    )
  })

  it('O-1 sets the database and the format of the answer', () => {
    expect(statement('database=shop&default_format=JSON&query=select+1')).toEqual({
      sql: 'USE `shop`;\nselect 1',
      format: 'JSON',
    })
  })

  it('O-1 lets no value and no name end its statement', () => {
    expect(statement(`param_a=${encodeURIComponent("x'; drop table t; --\\")}&query=select+1`).sql).toBe(
      "SET param_a = 'x\\'; drop table t; --\\\\';\nselect 1",
    )
    expect(statement('a%3Bdrop=1&query=select+1').sql).toBe("SET a_drop = '1';\nselect 1")
  })
})
