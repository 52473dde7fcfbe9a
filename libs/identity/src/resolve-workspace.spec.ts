import fc from 'fast-check'
import { elsewhere, here, member, principal, there } from './principal.fixture.ts'
import { operatorPrincipal } from './operator-key.ts'
import { resolveWorkspace } from './resolve-workspace.ts'

const one = principal()
const two = principal({
  kind: 'user',
  memberships: [
    member(here, { scopes: ['ledger:read', 'keys:write', 'invoke:*'] }),
    member(there, { scopes: ['ledger:read', 'invoke:model:gpt-4o'] }),
  ],
})
const none = principal({ memberships: [] })
const staff = principal({ kind: 'user', operator: true, memberships: [member(here)] })
const suspended = principal({ memberships: [member(here, { workspace_status: 'suspended' })] })
const closed = principal({ memberships: [member(here, { workspace_status: 'closed' }), member(there)] })

const resolved = (...args: Parameters<typeof resolveWorkspace>) => {
  const place = resolveWorkspace(...args)
  return 'refused' in place ? `${place.refused.status} ${place.refused.code}` : place.workspaceId
}

describe('the workspace of a call', () => {
  it.each([
    ['the one of the header', two, there, there],
    ['the header in capitals', one, here.toUpperCase(), here],
    ['the only one it belongs to', one, undefined, here],
    ['one it does not belong to', one, there, '404 workspace.not_found'],
    ['one that does not exist', one, elsewhere, '404 workspace.not_found'],
    ['one of several, unnamed', two, undefined, '400 workspace.required'],
    ['none to belong to', none, undefined, '400 workspace.required'],
    ['none to belong to, named', none, here, '404 workspace.not_found'],
    ['a header that is no id', one, 'acme', '400 workspace.malformed'],
    ['two headers', one, [here, there], '400 workspace.malformed'],
    ['a suspended one', suspended, undefined, '403 workspace.suspended'],
    ['a closed one', closed, here, '403 workspace.closed'],
    ['another beside a closed one', closed, there, there],
    ['operator key, header', operatorPrincipal, elsewhere, elsewhere],
    ['operator key, whole system', operatorPrincipal, undefined, undefined],
    ['operator key, no id', operatorPrincipal, 'acme', '400 workspace.malformed'],
    ['staff, any workspace', staff, there, there],
    ['staff, whole system', staff, undefined, undefined],
  ])('I-4 %s', (_, who, header, expected) => {
    expect(resolved(who, header, 'optional')).toBe(expected)
    expect(resolved(who, header, 'required')).toBe(expected)
  })

  it('I-4 on an endpoint about no workspace, who names none may do what it may do in each of its own', () => {
    expect(resolveWorkspace(two, undefined, 'none')).toEqual({
      workspaceId: undefined,
      scopes: ['ledger:read', 'invoke:model:gpt-4o'],
    })
    expect(resolveWorkspace(two, here, 'none')).toMatchObject({ workspaceId: here })
    expect(resolveWorkspace(none, undefined, 'none')).toEqual({ workspaceId: undefined, scopes: [] })
    expect(resolved(suspended, undefined, 'none')).toBe('403 workspace.suspended')
  })

  const status = fc.constantFrom('active' as const, 'suspended' as const, 'closed' as const)
  const memberships = fc.uniqueArray(
    fc.record({ id: fc.uuid(), status, scopes: fc.subarray(['ledger:read', 'keys:write', 'usage:read']) }),
    { maxLength: 4, selector: ({ id }) => id },
  )
  const asPrincipal = (list: { id: string; status: 'active' | 'suspended' | 'closed'; scopes: string[] }[]) =>
    principal({ memberships: list.map(({ id, status: s, scopes }) => member(id, { workspace_status: s, scopes })) })

  it('I-4 a tenant never gets the whole system, nor a workspace that is not its own or not active', () => {
    fc.assert(
      fc.property(
        memberships,
        fc.nat(),
        fc.option(fc.oneof(fc.uuid(), fc.string()), { nil: undefined }),
        fc.constantFrom('required' as const, 'optional' as const),
        (list, at, foreign, wanted) => {
          const own = list[at % Math.max(1, list.length)]?.id
          for (const header of [foreign, own, own?.toUpperCase(), undefined]) {
            const place = resolveWorkspace(asPrincipal(list), header, wanted)
            if ('refused' in place) continue
            const active = list.filter((membership) => membership.status === 'active').map(({ id }) => id)
            expect(active).toContain(place.workspaceId)
            if (header !== undefined) expect(place.workspaceId).toBe(header.toLowerCase())
            expect(place.scopes).toEqual(list.find(({ id }) => id === place.workspaceId)!.scopes)
          }
        },
      ),
    )
  })

  it('I-4 without a workspace nobody may do more than in any one of its own', () => {
    fc.assert(
      fc.property(memberships, (list) => {
        const place = resolveWorkspace(asPrincipal(list), undefined, 'none')
        if ('refused' in place) return
        for (const membership of list.filter((each) => each.status === 'active'))
          expect(membership.scopes).toEqual(expect.arrayContaining([...place.scopes]))
      }),
    )
  })
})
