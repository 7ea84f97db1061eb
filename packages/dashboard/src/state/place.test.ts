import { expect, test } from 'vitest';
import { placeOf, tasksAt } from './place.ts';

test.each([
  ['', { view: 'now' }], ['tasks', { view: 'tasks' }], ['alerts', { view: 'alerts' }], ['history', { view: 'history' }],
  ['tasks/12', { view: 'task', id: '12' }], ['pauses/7', { view: 'pause', id: '7' }],
  ['pauses', { view: 'nowhere' }], ['tasks/x', { view: 'nowhere' }], ['tasks/0', { view: 'nowhere' }], ['constructor', { view: 'nowhere' }], ['tasks/1/2', { view: 'nowhere' }],
])('"%s" is %o', (path, place) => {
  expect(placeOf(path)).toEqual(place);
});

test('a number’s list carries its filters, whatever stands in them', () => {
  expect(tasksAt({ status: 'queued', skill: 'a&b=c d' })).toBe('tasks?status=queued&skill=a%26b%3Dc+d');
});
