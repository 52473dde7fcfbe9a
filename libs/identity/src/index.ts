export { apiKeyHint, type ApiKeyKind, newApiKey, readApiKey } from './api-key.ts'
export { auditMessage } from './audit-message.ts'
export type { Caller, Intent } from './caller.ts'
export { covers, coversAll } from './covers.ts'
