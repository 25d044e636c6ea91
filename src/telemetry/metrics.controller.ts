import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Metrics } from './metrics.js';
import { prefersOpenMetrics } from './open-metrics.js';

@Controller('metrics')
export class MetricsController {
  constructor(@Inject(Metrics) private readonly metrics: Metrics) {}

  @Get()
  async scrape(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { contentType, text } = this.metrics.scraped(prefersOpenMetrics(request.headers.accept));
    response
      .vary('Accept')
      .type(contentType)
      .send(await text);
  }
}
