import { SAMPLE_RATE } from '#modules/contracts';

/** Samples of 16 kHz audio in one millisecond. */
export const SAMPLES_PER_MS = SAMPLE_RATE / 1000;
