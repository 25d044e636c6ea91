export { CountingIds, MachineHarness, SERVER_VAD, type HarnessOptions } from './machine-harness.js';
export { ScriptedVad } from './scripted-vad.js';
export { VirtualScheduler } from './virtual-scheduler.js';
