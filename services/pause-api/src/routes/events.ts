import { mayDo, queryFlag, senateMessage } from '@orchestra/pause-core/contract';
import { streamRoute, type Route } from '@orchestra/service-shell';
import { z } from 'zod';
import type { EventStreams } from '../event-stream.ts';

export function eventsRoute({ streams }: { streams: EventStreams }): Route {
  return streamRoute({
    path: '/api/senate/events',
    permission: 'ask',
    refuses: ['too_many_streams', 'token_share_used'],
    summary: 'follow pauses and alerts as server-sent events',
    description:
      'First a `snapshot` of the active pauses, then every change once and in order. Send the last `id` as ' +
      '`Last-Event-ID` to go on behind it instead; ' +
      'an id that this stream cannot go on from is answered by a new snapshot. A reader that does not keep ' +
      'up is cut off and resumes. A token that may only ask is told of pauses alone.',
    query: z.strictObject({
      desk: queryFlag
        .optional()
        .describe(
          'also a message `desk` every two seconds, without an id: what moves in the queue between two changes',
        ),
    }),
    message: senateMessage,
    open: ({ query: { desk }, caller }, request, response) => {
      const readsAll = mayDo('read', caller.role);
      return streams.open(request, response, {
        token: caller.id,
        desk: readsAll && (desk ?? false),
        pausesOnly: !readsAll,
      });
    },
  });
}
