'use client';

export { CallView, type CallViewProps, type Labels } from './call-view.js';
export type { CallSnapshot, CallStatus, Dial, TurnSnapshot } from './call-store.js';
export { useCall, type UseCall, type UseCallOptions } from './use-call.js';
export { useCallEvent } from './use-call-event.js';
