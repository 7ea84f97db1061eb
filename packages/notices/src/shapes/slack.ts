import type { Notice, NoticeRequest } from './notice.ts';
import { sayEvent } from './say-event.ts';
import { shortened } from './visible-text.ts';

// A section of Slack's takes 3,000 characters, entities counted as they are written.
const SECTION_MAX = 2_900;
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const escaped = (text: string): string => text.replaceAll(/[&<>]/g, (character) => ENTITIES[character] ?? character);

/**
 * A message for an incoming webhook of Slack. What others wrote is text in it: it mentions nobody, links nowhere and is
 * not set in bold.
 */
export function slackRequest({ event }: Notice): NoticeRequest {
  const text = escaped(shortened(sayEvent(event), SECTION_MAX, (character) => escaped(character).length));
  return {
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({
      text,
      mrkdwn: false,
      unfurl_links: false,
      unfurl_media: false,
      blocks: [{ type: 'section', text: { type: 'plain_text', text, emoji: false } }],
    }),
  };
}
