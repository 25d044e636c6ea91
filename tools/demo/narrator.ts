import type { CallScript } from '../support/call-script.js';
import type { CallListener, DemoTurn } from './hold-call.js';

/** Tells a call line by line, for people. */
export function narrator(script: CallScript, print: (line: string) => void): CallListener {
  const { width, height, durationMs } = script.video;
  const at = (atMs: number) => `${seconds(atMs)} s`.padStart(7);
  return {
    onConnected: (tookMs) => {
      print(`connected in ${tookMs.toFixed(0)} ms; camera: ${width}x${height}, ${seconds(durationMs)} s`);
      print(`something happens on the table at ${seconds(script.eventAtMs)} s\n`);
    },
    onFirstFrame: (atMs) => print(`${at(atMs)}  (the first picture has been attended)`),
    onWaiting: (untilMs) => print(`${' '.repeat(7)}  (watching until ${seconds(untilMs)} s)`),
    onQuestion: ({ question }, atMs) => print(`${at(atMs)}  you:    ${question}?`),
    onAnswer: (turn, atMs) => {
      print(`${at(atMs)}  model:  ${turn.answer}  ${turn.correct ? '✓' : `✗ expected: ${turn.expected}`}`);
      print(`${' '.repeat(9)}${details(turn)}\n`);
    },
  };
}

function details(turn: DemoTurn): string {
  const parts = [`${turn.framesAttended} pictures before it`];
  if (turn.speechEndToFirstTokenMs !== null) {
    parts.push(`first word ${turn.speechEndToFirstTokenMs.toFixed(0)} ms after the end of speech`);
  }
  if (turn.commitToFirstTokenMs !== null) {
    parts.push(`${turn.commitToFirstTokenMs.toFixed(1)} ms after the turn was committed`);
  }
  if (turn.lastPacketToFirstTextMs !== null) {
    parts.push(`at the client ${turn.lastPacketToFirstTextMs.toFixed(0)} ms after the last packet`);
  }
  return parts.join(', ');
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
