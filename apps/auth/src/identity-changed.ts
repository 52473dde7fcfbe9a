import type { OutgoingMessage } from '@portitor/bus'
import { identityChangedTopic, type IdentityChanged, type Workspace } from '@portitor/contracts'

/** Tells every service the present state of a workspace: the topic is compacted by its id, so the last record is the truth. */
export function workspaceChanged(workspace: Workspace): OutgoingMessage {
  const record: IdentityChanged = { kind: 'workspace', workspace }
  return { topic: identityChangedTopic, key: workspace.id, value: JSON.stringify(record) }
}
