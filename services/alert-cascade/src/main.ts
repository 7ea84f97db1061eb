import { runService } from '@orchestra/service-shell';
import { readConfig } from './config.ts';
import { startService } from './service.ts';

await runService({ name: 'alert-cascade', readConfig, startService });
