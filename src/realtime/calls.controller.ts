import { Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { VisavisError } from '#modules/contracts';
import { Metrics } from '../telemetry/metrics.js';
import { CallsService } from './calls.service.js';
import { readOffer } from './offer.js';

/** The HTTP part of OpenAI Realtime over WebRTC: an offer in, an answer out. */
@Controller('v1/realtime')
export class CallsController {
  constructor(
    @Inject(CallsService) private readonly calls: CallsService,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  /** Opens a call. 201 with the answer, and where the call can be hung up. */
  @Post('calls')
  async create(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.answer(request, response);
  }

  /** The older form of the same; `?model=` is accepted and ignored, for there is one model. */
  @Post()
  async createLegacy(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.answer(request, response);
  }

  @Post('calls/:id/hangup')
  @HttpCode(200)
  async hangUp(@Param('id') id: string): Promise<void> {
    await this.calls.hangUp(id);
  }

  private async answer(request: Request, response: Response): Promise<void> {
    const { id, answerSdp } = await this.taken(request, response);
    // Without a charset, and as bytes, so that Express adds none: some clients compare the type literally.
    response
      .status(201)
      .setHeader('Location', `/v1/realtime/calls/${id}`)
      .setHeader('Content-Type', 'application/sdp')
      .end(answerSdp);
  }

  /** Refused offers are counted by their code: a supervisor sees what clients cannot tell it. */
  private async taken(request: Request, response: Response): Promise<{ id: string; answerSdp: string }> {
    const body: unknown = request.body;
    const gone = new AbortController();
    // The response's own socket tells that a client has gone, not the request's: that one closes when its body is read.
    response.once('close', () => gone.abort());
    try {
      const bytes = body instanceof Uint8Array ? body : new Uint8Array();
      return await this.calls.open(await readOffer(request.headers['content-type'], bytes), gone.signal);
    } catch (error) {
      this.metrics.refused(error instanceof VisavisError ? error.code : 'internal_error');
      throw error;
    }
  }
}
