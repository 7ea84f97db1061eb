import { hasSubscribers, subscribe } from 'node:diagnostics_channel';

// Set up for every test file: a service in this process that answers a code which the route's list does not have
// makes the run fail.
// The name is that of UNLISTED_PROBLEMS in service-shell, which is not loaded for tests that need no service.
const CHANNEL = 'orchestra:unlisted-problem';

// Test files share a process.
if (!hasSubscribers(CHANNEL))
  subscribe(CHANNEL, (message) => {
    throw new Error(String(message));
  });
