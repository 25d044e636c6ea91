import { Controller, HttpCode, Inject, Param, Patch, Post, Req, Res } from '@nestjs/common';
import {
  readRtviBody,
  rtviOfferSchema,
  rtviSession,
  rtviStartSchema,
  rtviTrickleSchema,
} from '@vis-a-vis/protocol';
import type { Request, Response } from 'express';
import { VisavisError } from '#modules/contracts';
import { ClientIce } from '../ice/ice-servers.js';
import { traceHeadersOf } from '../telemetry/tracing/tracing.js';
import { ACCESS, Ids, OffersService, textOf, valueOf, type Access } from '../realtime/index.js';
import { Metrics } from '../telemetry/metrics.js';
import { Connections } from './connections.js';

const JSON_TYPE = 'application/json';

/** The HTTP part of Pipecat's SmallWebRTC: start, offer, trickle. */
@Controller()
export class RtviController {
  @Inject(ClientIce) private readonly ice!: ClientIce;
  @Inject(Ids) private readonly ids!: Ids;

  constructor(
    @Inject(Connections) private readonly connections: Connections,
    @Inject(OffersService) private readonly offers: OffersService,
    @Inject(ACCESS) private readonly access: Access,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  @Post('start')
  @HttpCode(200)
  async start(@Req() request: Request): Promise<object> {
    const grant = await this.access.authorize(request);
    const { enableDefaultIceServers, body } = valueOf(
      readRtviBody(rtviStartSchema, textOf(request, JSON_TYPE, true)),
    );
    const sessionId = this.ids.next('start');
    this.connections.start(sessionId, grant, valueOf(rtviSession(body)));
    return {
      sessionId,
      ...(enableDefaultIceServers && { iceConfig: { iceServers: this.ice.for(grant.tenant).ice_servers } }),
    };
  }

  /** For a call that is open a further offer, or another connection; else a new call, as Pipecat has it. */
  @Post(['api/offer', 'sessions/:id/api/offer'])
  @HttpCode(200)
  async offer(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
    @Param('id') id?: string,
  ) {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const grant = await this.access.authorize(request);
      const started = id === undefined ? {} : this.connections.started(id, grant);
      const offer = valueOf(readRtviBody(rtviOfferSchema, textOf(request, JSON_TYPE)));
      const { sdp, pc_id: pcId, restart_pc: restart } = offer;
      const call = pcId == null ? null : this.connections.find(pcId, grant);
      if (call && !restart)
        return answer(this.offers.peerFor('renegotiation', call).renegotiate(sdp), call.id);
      if (call) return answer((await this.offers.reopen(call, sdp)).answerSdp, call.id);
      const wanted = valueOf(rtviSession(offer.requestData ?? offer.request_data));
      const options = { grant, gone: gone.signal, trace: traceHeadersOf(request.headers) };
      const opened = await this.connections.open(sdp, { ...started, ...wanted }, options);
      return answer(opened.answerSdp, opened.id);
    } catch (error) {
      this.metrics.refused(error instanceof VisavisError ? error.code : 'internal_error');
      throw error;
    }
  }

  @Patch(['api/offer', 'sessions/:id/api/offer'])
  @HttpCode(200)
  async trickle(@Req() request: Request): Promise<object> {
    const grant = await this.access.authorize(request);
    const { pc_id: pcId, candidates } = valueOf(readRtviBody(rtviTrickleSchema, textOf(request, JSON_TYPE)));
    const call = this.connections.find(pcId, grant);
    if (!call) throw new VisavisError('not_found', 'There is no such connection.');
    this.offers.peerFor('candidates', call).addCandidates(candidates.map(({ candidate }) => candidate));
    return { status: 'success' };
  }
}

function answer(sdp: string, pc_id: string): object {
  return { sdp, type: 'answer', pc_id };
}
