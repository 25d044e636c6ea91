export { Emitter } from './emitter.js';
export { CallError, Session, type Answer, type Delta, type SessionEvents, type Speech } from './session.js';
