export { FakeVad, speechAbove, type VadScript } from './fake-vad.js';
