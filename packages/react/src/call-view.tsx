'use client';

import type { Device } from '@vis-a-vis/client';
import type { ReactNode, SubmitEvent } from 'react';
import type { CallStatus, TurnSnapshot } from './call-store.js';
import type { UseCall } from './use-call.js';

/** The words of the view. */
export interface Labels {
  readonly call: string;
  readonly start: string;
  readonly close: string;
  readonly mute: string;
  readonly camera: string;
  readonly microphones: string;
  readonly cameras: string;
  readonly question: string;
  readonly ask: string;
  readonly recorded: string;
  readonly status: Readonly<Record<CallStatus, string>>;
}

const ENGLISH: Labels = {
  call: 'Call',
  start: 'Talk',
  close: 'Hang up',
  mute: 'Mute',
  camera: 'Camera',
  microphones: 'Microphone',
  cameras: 'Camera in use',
  question: 'Question',
  ask: 'Ask',
  recorded: 'This call is recorded.',
  status: {
    idle: '',
    connecting: 'Connecting …',
    connected: 'Connected',
    reconnecting: 'The connection is lost, reconnecting …',
    closed: 'The call has ended.',
  },
};

export interface CallViewProps {
  /** What `useCall` gave. */
  readonly call: UseCall;
  /** Other words than the English ones. */
  readonly labels?: Partial<Labels>;
  readonly className?: string;
  /** Shown first, for instance what the camera sees. */
  readonly children?: ReactNode;
}

/**
 * A whole call to be seen and used: what is said as it comes, a line to type in, microphone, camera and devices, and what goes wrong. It has
 * no styles: `data-status`, `data-kind`, `data-part` and `data-code` are there to be styled.
 */
export function CallView({ call, labels, className, children }: CallViewProps): ReactNode {
  const words = { ...ENGLISH, ...labels };
  const { status, error, muted, cameraOn, devices, run } = call;
  const isOver = status === 'idle' || status === 'closed';
  const isOpen = call.call !== null;
  return (
    <section className={className} aria-label={words.call} data-status={status}>
      {children}
      <p role="status">{words.status[status]}</p>
      {call.recorded && <p data-part="recorded">{words.recorded}</p>}
      {error && (
        <p role="alert" data-code={error.code}>
          {error.message}
        </p>
      )}
      <div role="group" aria-label={words.call}>
        <button type="button" onClick={isOver ? call.start : call.close}>
          {isOver ? words.start : words.close}
        </button>
        <button
          type="button"
          disabled={!isOpen}
          aria-pressed={muted}
          onClick={() => void run((it) => it.mute(!muted))}
        >
          {words.mute}
        </button>
        <button
          type="button"
          disabled={!isOpen}
          aria-pressed={cameraOn}
          onClick={() => void run((it) => (cameraOn ? it.cameraOff() : it.cameraOn()))}
        >
          {words.camera}
        </button>
        <Devices
          label={words.microphones}
          devices={devices.filter(({ kind }) => kind === 'microphone')}
          onChoose={(id) => void run((it) => it.useMicrophone(id))}
        />
        <Devices
          label={words.cameras}
          devices={devices.filter(({ kind }) => kind === 'camera')}
          onChoose={(id) => void run((it) => it.cameraOn(id))}
        />
      </div>
      <ol>
        {call.turns.map((turn) => (
          <TurnView key={turn.id} turn={turn} />
        ))}
      </ol>
      <form onSubmit={(event) => ask(event, call)}>
        <input name="question" aria-label={words.question} autoComplete="off" disabled={!isOpen} />
        <button disabled={!isOpen}>{words.ask}</button>
      </form>
    </section>
  );
}

interface DevicesProps {
  readonly label: string;
  readonly devices: readonly Device[];
  readonly onChoose: (id: string) => void;
}

/** Nothing where there is nothing to choose. */
function Devices({ label, devices, onChoose }: DevicesProps): ReactNode {
  if (devices.length < 2) return null;
  return (
    <select aria-label={label} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
      {devices.map(({ id, label: name }, at) => (
        <option key={id} value={id}>
          {name || `${label} ${at + 1}`}
        </option>
      ))}
    </select>
  );
}

function TurnView({ turn }: { readonly turn: TurnSnapshot }): ReactNode {
  const { kind, question, text, status, error } = turn;
  return (
    <li data-kind={kind} data-status={status}>
      {question !== null && <p data-part="question">{question}</p>}
      <p data-part="answer" aria-live="polite" aria-busy={status === 'in_progress'}>
        {text}
      </p>
      {error && (
        <p role="alert" data-code={error.code}>
          {error.message}
        </p>
      )}
    </li>
  );
}

function ask(event: SubmitEvent<HTMLFormElement>, { run, say }: UseCall): void {
  event.preventDefault();
  const form = event.currentTarget;
  const question = new FormData(form).get('question');
  if (typeof question !== 'string' || question.trim() === '') return;
  form.reset();
  void run(() => say(question.trim()));
}
