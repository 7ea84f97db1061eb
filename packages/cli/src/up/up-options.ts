import type { Home } from './home.ts';
import type { UpSettings } from './settings.ts';

export interface UpOptions {
  home: Home;
  settings: UpSettings;
  /** Shows every line of the services' logs. */
  verbose: boolean;
  /** Tells the person at the terminal. */
  say: (line: string) => void;
  /** Gives the start up and leaves nothing running. */
  signal: AbortSignal;
}
