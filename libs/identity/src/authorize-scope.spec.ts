import { resourceScopes } from '@portitor/contracts'
import fc from 'fast-check'
import { authorizeScope } from './authorize-scope.ts'
import { operatorScopes } from './operator-key.ts'

describe('the scope of an endpoint', () => {
  it.each([
    ['any' as const, [], false, undefined],
    ['ledger:read' as const, ['ledger:read'], false, undefined],
    ['ledger:read' as const, ['ledger:write'], false, 'scope.missing'],
    ['ledger:write' as const, ['ledger:read'], false, 'scope.missing'],
    ['ledger:read' as const, ['invoke:*'], false, 'scope.missing'],
    ['operator' as const, operatorScopes, false, 'operator.only'],
    ['operator' as const, [], true, undefined],
    [undefined, operatorScopes, true, 'route.undeclared'],
  ])('I-2 %s, held %j, operator %s: %s', (scope, held, operator, code) => {
    expect(authorizeScope(scope, held, operator)?.code).toBe(code)
  })

  it('I-2 says which scope is lacking, as a member and as a challenge', () => {
    expect(authorizeScope('keys:write', ['keys:read'], false)).toMatchObject({
      status: 403,
      members: { required_scope: 'keys:write' },
      headers: { 'www-authenticate': 'Bearer error="insufficient_scope", scope="keys:write"' },
    })
  })

  it('I-1 a resource is open to who holds its very scope and to nobody else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...resourceScopes), fc.subarray([...resourceScopes]), (scope, held) => {
        expect(authorizeScope(scope, held, false) === undefined).toBe(held.includes(scope))
      }),
    )
  })
})
