import type { StreamState } from '@orchestra-brake/client';

/**
 * What to hand to a stream as `onState`, to be told once when its line is down, however often it is tried again, and
 * once when it is back.
 *
 * @param tell given the message of what has cut it off; null: it is up again
 */
export function onLineChange(tell: (down: string | null) => void): (state: StreamState) => void {
  let isDown = false;
  return (state) => {
    if (state.state === 'disconnected') {
      if (!isDown) tell(state.error.message);
      isDown = true;
    } else if (state.state === 'connected') {
      if (isDown) tell(null);
      isDown = false;
    }
  };
}
