// A service with nothing in it, for the tests of how services start and stop.
import { makePool } from '@orchestra/database';
import {
  COMMON_SETTINGS,
  listen,
  makeApp,
  makeLogger,
  makeMetrics,
  portNumber,
  readSettings,
  runService,
  serviceConfig,
  startParts,
  type ServiceConfig,
} from '../src/index.ts';

const SETTINGS = { ...COMMON_SETTINGS, FIXTURE_PORT: portNumber(0).describe('the port') };

await runService<ServiceConfig>({
  name: 'fixture',
  readConfig: (env) => {
    const values = readSettings(SETTINGS, env);
    return serviceConfig(values, values.FIXTURE_PORT);
  },
  startService: (config) =>
    startParts(async (parts) => {
      const log = makeLogger({ service: 'fixture', level: config.logLevel });
      const db = makePool({ connectionString: config.databaseUrl, applicationName: 'fixture' });
      parts.add('pool', async () => {
        await db.end();
        log.info('pool stopped');
      });
      const server = await listen(makeApp({ db, log, metrics: makeMetrics('fixture'), routes: [] }), {
        ...config,
        portSetting: 'FIXTURE_PORT',
      });
      parts.add('server', async () => {
        await server.close();
        log.info('server stopped');
      });
      return { url: server.url };
    }),
});
