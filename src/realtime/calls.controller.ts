import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { VisavisError } from '#modules/contracts';
import { ClientIce } from '../ice/ice-servers.js';
import { iceServerLinks } from '../ice/links.js';
import { Base } from '../http/place.js';
import { Metrics } from '../telemetry/metrics.js';
import { traceHeadersOf } from '../telemetry/tracing/tracing.js';
import { ACCESS, type Access } from './access.js';
import { CallsService } from './calls.service.js';
import { readOffer } from './offer.js';
import { OffersService, type AnsweredOffer } from './offers.service.js';

/** The HTTP part of OpenAI Realtime over WebRTC: an offer in, an answer out. */
@Controller('v1/realtime')
export class CallsController {
  @Inject(Base) private readonly base!: Base;
  @Inject(ClientIce) private readonly ice!: ClientIce;

  constructor(
    @Inject(CallsService) private readonly calls: CallsService,
    @Inject(OffersService) private readonly offers: OffersService,
    @Inject(ACCESS) private readonly access: Access,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  /** Opens a call, or comes back to one. 201 (200) with the answer, and where the call can be hung up. */
  @Post('calls')
  async create(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.answer(request, response);
  }

  /** Asked for an upgrade, this is the WebSocket's, and comes by no route. */
  @Get()
  refuseWithoutUpgrade(): never {
    throw new VisavisError(
      'upgrade_required',
      'This address is a WebSocket: ask for an upgrade. A proxy before the gateway must pass Upgrade and Connection on. A WebRTC offer is POSTed to /v1/realtime/calls.',
    );
  }

  /** The older form of the same; `?model=` is accepted and ignored, for there is one model. */
  @Post()
  async createLegacy(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.answer(request, response);
  }

  @Post('calls/:id/hangup')
  @HttpCode(200)
  async hangUp(@Req() request: Request, @Param('id') id: string): Promise<void> {
    await this.calls.hangUp(id, await this.access.authorize(request));
  }

  /** A further offer for a call that is open: tracks may come and go, and ICE may begin anew. */
  @Post('calls/:id')
  async renegotiate(
    @Req() request: Request,
    @Res() response: Response,
    @Param('id') id: string,
  ): Promise<void> {
    const call = this.calls.find(id, await this.access.authorize(request));
    const body: unknown = request.body;
    const bytes = body instanceof Uint8Array ? body : new Uint8Array();
    const { sdp } = await readOffer(request.headers['content-type'], bytes);
    const answerSdp = this.offers.peerFor('renegotiation', call).renegotiate(sdp);
    response.status(200).setHeader('Content-Type', 'application/sdp').end(answerSdp);
  }

  @Delete('calls/:id')
  @HttpCode(200)
  async end(@Req() request: Request, @Param('id') id: string): Promise<void> {
    await this.hangUp(request, id);
  }

  private async answer(request: Request, response: Response): Promise<void> {
    const { id, answerSdp, call, resumed = false } = await this.taken(request, response);
    const links = iceServerLinks(this.ice.for(call.grant.tenant).ice_servers);
    if (links.length > 0) response.setHeader('Link', links);
    // Without a charset, and as bytes, so that Express adds none: some clients compare the type literally.
    response
      .status(resumed ? 200 : 201)
      .setHeader('Location', this.base.placeOf(request, `/v1/realtime/calls/${id}`))
      .setHeader('Content-Type', 'application/sdp')
      .end(answerSdp);
  }

  /** Refused offers are counted by their code: a supervisor sees what clients cannot tell it. */
  private async taken(
    request: Request,
    response: Response,
  ): Promise<AnsweredOffer & { readonly resumed?: boolean }> {
    const body: unknown = request.body;
    const gone = new AbortController();
    // The response's own socket tells that a client has gone, not the request's: that one closes when its body is read.
    response.once('close', () => gone.abort());
    try {
      const grant = await this.access.authorize(request);
      const bytes = body instanceof Uint8Array ? body : new Uint8Array();
      const offer = await readOffer(request.headers['content-type'], bytes);
      if (offer.resume)
        return { ...(await this.offers.resume(offer.sdp, offer.resume, grant)), resumed: true };
      return await this.offers.open(offer, {
        grant,
        gone: gone.signal,
        trace: traceHeadersOf(request.headers),
      });
    } catch (error) {
      this.metrics.refused(error instanceof VisavisError ? error.code : 'internal_error');
      throw error;
    }
  }
}
