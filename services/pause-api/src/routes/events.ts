import { senateEvent } from '@orchestra/pause-core/contract';
import { streamRoute, type Route } from '@orchestra/service-shell';
import type { EventStreams } from '../event-stream.ts';

export function eventsRoute({ streams }: { streams: EventStreams }): Route {
  return streamRoute({
    path: '/api/senate/events', permission: 'read',
    summary: 'follow pauses and alerts as server-sent events',
    description: 'First a `snapshot` of the active pauses, then every change once and in order. Send the last `id` as `Last-Event-ID` to go on behind it instead; '
      + 'an id that this stream cannot go on from is answered by a new snapshot. A reader that does not keep up is cut off and resumes.',
    message: senateEvent,
    open: (_call, request, response) => streams.open(request, response),
  });
}
