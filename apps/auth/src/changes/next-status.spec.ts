import { nextAgentStatus, nextWorkspaceStatus } from './next-status.ts'

describe('the states of workspaces and agents', () => {
  it.each([
    ['suspend', 'active', 'suspended'],
    ['suspend', 'suspended', undefined],
    ['suspend', 'closed', undefined],
    ['reinstate', 'active', undefined],
    ['reinstate', 'suspended', 'active'],
    ['reinstate', 'closed', undefined],
    ['close', 'active', 'closed'],
    ['close', 'suspended', 'closed'],
    ['close', 'closed', undefined],
  ] as const)('I-1 %s of a workspace that is %s: %s', (step, present, next) => {
    expect(nextWorkspaceStatus(step, present)).toBe(next)
  })

  it.each([
    ['suspend', 'active', 'suspended'],
    ['suspend', 'suspended', undefined],
    ['suspend', 'revoked', undefined],
    ['reinstate', 'active', undefined],
    ['reinstate', 'suspended', 'active'],
    ['reinstate', 'revoked', undefined],
    ['revoke', 'active', 'revoked'],
    ['revoke', 'suspended', 'revoked'],
    ['revoke', 'revoked', undefined],
  ] as const)('I-6 %s of an agent that is %s: %s', (step, present, next) => {
    expect(nextAgentStatus(step, present)).toBe(next)
  })
})
