export { FAKE_CAPS, FakeEngine } from './fake-engine.js';
export { FakeSession, type Script } from './fake-session.js';
export type { LogEntry } from './fake-log.js';
