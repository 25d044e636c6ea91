import { VisavisError, type VideoSource } from '#modules/contracts';

import { offeredParameterSets } from '../h264-parameter-sets.js';
import type { AgreedVideo, LocalIce, VideoCodec } from '../ports.js';
import { answeredPayloadTypes } from '../sdp.js';
import { readMidExtension } from '../videos/mid-extension.js';
import { writeAnswer, type AnswerShape, type LocalTransport } from './answer.js';
import { nameLine } from './lines.js';
import { flowingKinds, flowingVideos, planOffer, type CallPlan } from './plan.js';

/** The first offer of a call, and our end of the transport that was made for it. */
export interface FirstRound {
  readonly offerSdp: string;
  readonly plan: CallPlan;
  readonly local: LocalTransport;
}

type Credentials = Pick<LocalIce, 'ufrag' | 'password'>;

/**
 * What the offers and answers of a call have come to. After the first, sections may come, go and change, and ICE may begin anew; the DTLS
 * association stays, and the data channels with it, because both are the client's identity and what it was told so far.
 */
export class Agreement {
  readonly #first: CallPlan;
  readonly #shape: AnswerShape;
  #offerSdp: string;
  #plan: CallPlan;
  #local: LocalTransport;
  /** What the sections of its offers were taken for, by their mids. */
  readonly #sources = new Map<string, VideoSource>();

  constructor({ offerSdp, plan, local }: FirstRound, shape: AnswerShape) {
    this.#first = plan;
    this.#shape = shape;
    this.#offerSdp = offerSdp;
    this.#plan = plan;
    this.#local = local;
    this.#remember();
  }

  get answerSdp(): string {
    return writeAnswer(this.#plan, this.#local, this.#shape);
  }

  get trackKinds(): readonly ('audio' | 'video')[] {
    return flowingKinds(this.#plan);
  }

  /** The videos that the client may send. */
  get videos(): readonly AgreedVideo[] {
    return flowingVideos(this.#plan);
  }

  /** Number of the header extension by which packets of video tell their section; null: there is none. */
  get midExtension(): number | null {
    const { offer, verdicts } = this.#plan;
    const told = offer.sections.flatMap((section, i) => {
      const verdict = verdicts[i];
      return verdict?.use === 'media' && verdict.source
        ? (readMidExtension(offer.session, section) ?? [])
        : [];
    });
    return told[0]?.id ?? null;
  }

  /** What the client may send. */
  get payloadTypes(): ReadonlyMap<number, 'opus' | VideoCodec> {
    return answeredPayloadTypes(this.answerSdp);
  }

  /** Parameter sets of H264 that are in the offer, by payload type. */
  get parameterSets(): ReadonlyMap<number, readonly Uint8Array[]> {
    return offeredParameterSets(this.#offerSdp);
  }

  /** Our end of the newest ICE session. */
  get ice(): LocalIce {
    const { iceUfrag, icePwd, candidates } = this.#local;
    const tagged = this.#plan.bundle?.[0];
    const { kind, mid } = this.#plan.offer.sections.find((one) => one.mid === tagged) ?? this.#plan.audio;
    return { ufrag: iceUfrag, password: icePwd, candidates, kind, mid };
  }

  /** ICE begins anew: these are our credentials from now on. */
  restarted({ ufrag, password }: Credentials): void {
    this.#local = { ...this.#local, iceUfrag: ufrag, icePwd: password };
  }

  /**
   * Takes a further offer.
   * @param restart begins ICE anew where the client's credentials are new ones; gives ours
   * @returns the client's transport as the offer has it
   * @throws VisavisError `bad_sdp`, `no_audio_in_offer`; nothing has changed then
   */
  renew(offerSdp: string, restart: (remote: Credentials) => Credentials): CallPlan['transport'] {
    const plan = planOffer(offerSdp, this.#sources);
    this.#refuseAnotherAssociation(plan);
    const { iceUfrag, icePwd } = plan.transport;
    this.#offerSdp = offerSdp;
    this.#plan = plan;
    this.#remember();
    this.#local = { ...this.#local, origin: nextOrigin(this.#local.origin) };
    this.restarted(restart({ ufrag: iceUfrag, password: icePwd }));
    return plan.transport;
  }

  #remember(): void {
    for (const { mid, source } of this.videos) if (mid !== null) this.#sources.set(mid, source);
    const offered = new Set(this.#plan.offer.sections.map(({ mid }) => mid));
    for (const mid of this.#sources.keys()) if (!offered.has(mid)) this.#sources.delete(mid);
  }

  #refuseAnotherAssociation({ offer, verdicts, transport }: CallPlan): void {
    const isKnown = this.#first.transport.fingerprints.some((known) =>
      transport.fingerprints.some(({ hash, value }) => hash === known.hash && value === known.value),
    );
    if (!isKnown)
      throw refusal('its certificate (a=fingerprint) is another one, and a new connection is a new call');
    if (transport.setup === this.#local.setup)
      throw refusal(`a=setup:${transport.setup} would turn the DTLS roles of the call around`);
    const data = offer.sections[verdicts.findIndex(({ use }) => use === 'data')];
    if (data && !this.#first.verdicts.some(({ use }) => use === 'data'))
      throw refusal(`${nameLine(data.line)}: the call began without data channels`);
  }
}

/** The `o=` line of our next description: its version is one higher (RFC 3264, 8). */
function nextOrigin(origin: string): string {
  const [user = '-', id = '1', version = '1', ...where] = origin.split(' ');
  return [user, id, /^\d{1,18}$/.test(version) ? String(BigInt(version) + 1n) : '2', ...where].join(' ');
}

function refusal(why: string): VisavisError {
  return new VisavisError('bad_sdp', `This offer does not continue the call: ${why}.`, 'sdp');
}
