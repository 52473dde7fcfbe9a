/** What may become of a workspace (I-1) and of an agent (I-6). `closed` and `revoked` are final. */
const transitions = {
  workspace: {
    suspend: { active: 'suspended' },
    reinstate: { suspended: 'active' },
    close: { active: 'closed', suspended: 'closed' },
  },
  agent: {
    suspend: { active: 'suspended' },
    reinstate: { suspended: 'active' },
    revoke: { active: 'revoked', suspended: 'revoked' },
  },
} as const

export type WorkspaceStep = keyof (typeof transitions)['workspace']
export type AgentStep = keyof (typeof transitions)['agent']

/** The status after a step; undefined where the present one does not allow it, or is that status already. */
export function nextWorkspaceStatus(step: WorkspaceStep, present: string) {
  return (transitions.workspace[step] as Readonly<Record<string, 'active' | 'suspended' | 'closed' | undefined>>)[
    present
  ]
}

export function nextAgentStatus(step: AgentStep, present: string) {
  return (transitions.agent[step] as Readonly<Record<string, 'active' | 'suspended' | 'revoked' | undefined>>)[present]
}
