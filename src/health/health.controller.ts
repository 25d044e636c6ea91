import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { Response } from 'express';
import { HealthService } from './health.service.js';

@Controller('health')
export class HealthController {
  constructor(@Inject(HealthService) private readonly health: HealthService) {}

  /** 200 when the gateway can take calls, else 503; the body says which part cannot. */
  @Get()
  async check(@Res() response: Response): Promise<void> {
    const health = await this.health.check();
    response.status(health.status === 'ready' ? 200 : 503).json(health);
  }
}
