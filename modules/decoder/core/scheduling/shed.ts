import { VisavisError, type ShedReason } from '#modules/contracts';

const MESSAGES: Readonly<Record<ShedReason, string>> = {
  answering: 'an answer is being made or waits to be accepted',
  session_backlog: 'too many frames of this session wait for the model',
  worker_backlog: 'too many frames wait for the model',
};

/** The error of a background append that is dropped; `param` is the reason. */
export function shed(reason: ShedReason): VisavisError {
  return new VisavisError('shed', MESSAGES[reason], reason);
}
