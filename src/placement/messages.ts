import type { MetricObject } from 'prom-client';
import type { Health } from '../health/health.service.js';
import type { Secret } from '../keys/core/secrets.js';
import type { Told } from './core/placing.js';

/** A client secret on its way to other gateways. */
export interface SharedSecret {
  readonly id: string;
  readonly secret: Secret;
}

/** Where a gateway is to be found, and by what it knows its parent. */
export interface Address {
  readonly port: number;
  /** Comes with each request of the parent (src/placement/who-asks.ts). */
  readonly word: string;
}

/** What a parent asks of a gateway, and what it is answered. */
export interface OfGateway {
  /** To end: in order the first time, at once the second. */
  stop: [asked: null, answered: null];
  /** To read its keys anew. */
  reload: [asked: null, answered: null];
  health: [asked: null, answered: Health];
  metrics: [asked: null, answered: MetricObject[]];
  learn: [asked: readonly SharedSecret[], answered: null];
}

/** What a gateway asks of its parent. */
export interface OfParent {
  /** It takes calls. */
  up: [asked: Address, answered: null];
  told: [asked: Told, answered: null];
  /** Answered once the gateways that are up know the secret. */
  share: [asked: SharedSecret, answered: null];
}
